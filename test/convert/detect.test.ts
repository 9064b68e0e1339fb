import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { detectFormat, sniffFile } from '../../src/convert/detect.ts';
import { MdeployError } from '../../src/core/errors/error.ts';
import { bytesSource } from '../../src/onnx/source.ts';
import { fixturePath } from '../fixtures.ts';
import { calls, lineGlobal, pickle, stackGlobal, text, zip } from './pickle-bytes.ts';

const folder = mkdtempSync(join(tmpdir(), 'mdeploy-detect-'));
afterAll(() => rmSync(folder, { recursive: true }));

function put(name: string, content: Uint8Array | string): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

describe('real models', () => {
  test.each([
    ['sklearn/iris_logreg/model.pkl', 'sklearn', 'a pickled scikit-learn model (LogisticRegression)'],
    ['sklearn/iris_logreg/model.joblib', 'sklearn', 'a pickled scikit-learn model (LogisticRegression)'],
    ['sklearn/credit_columns/model.joblib', 'sklearn', 'a pickled scikit-learn model (Pipeline)'],
    [
      'sklearn/breast_cancer_rf/model.joblib',
      'sklearn',
      'a pickled scikit-learn model (RandomForestClassifier)',
    ],
    ['sklearn/iris_logreg/model_zipmap.onnx', 'onnx', 'an ONNX model'],
    ['boosted/xgb_breast_cancer/model.json', 'xgboost', 'an XGBoost JSON model'],
    ['boosted/xgb_breast_cancer/model.ubj', 'xgboost', 'an XGBoost binary JSON model'],
    ['boosted/lgbm_diabetes/model.txt', 'lightgbm', 'a LightGBM text model'],
    ['boosted/catboost_iris/model.cbm', 'catboost', 'a CatBoost model'],
    ['torch/digits_cnn/model_traced.pt', 'torchscript', 'a TorchScript archive'],
    ['torch/digits_cnn/model_scripted.pt', 'torchscript', 'a TorchScript archive'],
    ['torch/digits_cnn/model.pt2', 'torch-export', 'a PyTorch ExportedProgram'],
    ['torch/digits_cnn/weights.pth', 'torch-weights', 'PyTorch weights without a model'],
    ['real/silero_vad/model.pt', 'torchscript', 'a TorchScript archive'],
    ['tf/digits_cnn/model.keras', 'keras', 'a Keras 3 archive'],
    ['tf/digits_cnn/model.h5', 'keras-h5', 'a Keras HDF5 file'],
    ['tf/digits_cnn/model.tflite', 'tflite', 'a TensorFlow Lite model'],
    ['tf/digits_cnn/saved_model', 'saved-model', 'a TensorFlow SavedModel'],
    ['tf/digits_cnn/saved_model/saved_model.pb', 'saved-model', 'a TensorFlow SavedModel'],
  ])('%s is %s', async (path, format, what) => {
    const found = await detectFormat(fixturePath(path));
    expect(found).toMatchObject({ format, what, warnings: [] });
    expect(found.broken).toBeUndefined();
  });

  test('a pickle says which scikit-learn wrote it', async () => {
    expect((await detectFormat(fixturePath('sklearn/diabetes_gbr/model.pkl'))).madeBy).toBe('1.9.1');
  });

  test('the file saved_model.pb stands for its folder', async () => {
    const { path } = await detectFormat(fixturePath('tf/digits_cnn/saved_model/saved_model.pb'));
    expect(basename(path)).toBe('saved_model');
  });
});

describe('names that lie', () => {
  test.each([
    [
      'boosted/xgb_breast_cancer/model.json',
      'model.onnx',
      'xgboost',
      'is an XGBoost JSON model, whatever its name',
    ],
    ['sklearn/iris_logreg/model.pkl', 'model.pt', 'sklearn', '(LogisticRegression), whatever its name'],
    ['torch/digits_cnn/model_traced.pt', 'model.h5', 'torchscript', 'is a TorchScript archive'],
    ['tf/digits_cnn/model.keras', 'model.pt2', 'keras', 'is a Keras 3 archive'],
  ])('%s as %s', async (from, to, format, words) => {
    copyFileSync(fixturePath(from), join(folder, to));
    const found = await detectFormat(join(folder, to));
    expect(found.format).toBe(format);
    expect(found.warnings.join()).toContain(words);
  });

  test('an ending that promises nothing is not held against a file', async () => {
    copyFileSync(fixturePath('boosted/lgbm_diabetes/model.txt'), join(folder, 'trees.v2'));
    expect((await detectFormat(join(folder, 'trees.v2'))).warnings).toEqual([]);
  });
});

describe('pickles', () => {
  const state = [0x7d, text('_sklearn_version'), text('1.2.2'), 0x73, 0x62];
  const model = pickle(stackGlobal('sklearn.svm._classes', 'SVC'), 0x29, 0x81, ...state);

  test('packed with zlib or gzip, as joblib does', async () => {
    for (const packed of [deflateSync(model), gzipSync(model)])
      expect(await detectFormat(put('svc.joblib', packed))).toMatchObject({
        format: 'sklearn',
        madeBy: '1.2.2',
      });
  });

  test('packed in a way that cannot be looked into', async () => {
    const file = put('svc.xz', Buffer.from('\xfd7zXZ\0rest', 'latin1'));
    await expect(detectFormat(file)).rejects.toMatchObject({ code: 'CONVERT_FORMAT_UNKNOWN' });
    await expect(detectFormat(file)).rejects.toThrow('compress=("zlib", 3)');
  });

  test('a zlib bomb is not unpacked, a broken one is told', async () => {
    const cut = put('cut.joblib', deflateSync(model).subarray(0, 20));
    await expect(detectFormat(cut)).rejects.toMatchObject({ code: 'CONVERT_DAMAGED' });
  });

  test('a hostile pickle shows what it would run, also under the name of a PyTorch file', async () => {
    const found = await detectFormat(put('evil.pt', calls('os', 'system', 'touch /tmp/owned')));
    expect(found.globals).toEqual([{ kind: 'global', module: 'os', name: 'system' }]);
    const old = await detectFormat(
      put('old.pkl', pickle(lineGlobal('posix', 'system'), text('id'), 0x85, 0x52)),
    );
    expect(old.globals?.[0]).toMatchObject({ module: 'posix', name: 'system' });
  });

  test('a dict of numbers is no model', async () => {
    const file = put('dict.pkl', pickle(0x7d));
    await expect(detectFormat(file)).rejects.toThrow('a Python pickle of a dict, which is no model');
  });
});

describe('PyTorch archives', () => {
  const archive = (...data: (number | Buffer)[]) =>
    zip([
      { name: 'm/data.pkl', content: pickle(...data) },
      { name: 'm/version', content: Buffer.from('3\n') },
    ]);

  test('weights, checkpoints, Lightning, whole modules', async () => {
    const dict = [0x7d];
    expect(await detectFormat(put('w.pth', archive(...dict)))).toMatchObject({ format: 'torch-weights' });
    const nested = archive(0x7d, text('model_state'), 0x7d, 0x73);
    expect((await detectFormat(put('c.pt', nested))).what).toBe(
      'a PyTorch checkpoint (weights under "model_state")',
    );
    const lightning = archive(0x7d, text('pytorch-lightning_version'), text('2.4'), 0x73);
    expect((await detectFormat(put('l.ckpt', lightning))).what).toBe('a PyTorch Lightning checkpoint');
    const module = archive(stackGlobal('my_code', 'Net'), 0x29, 0x81);
    expect(await detectFormat(put('n.pt', module))).toMatchObject({
      format: 'torch-pickle',
      what: 'a pickled PyTorch module (Net)',
      globals: [{ module: 'my_code', name: 'Net' }],
    });
  });

  test('a file before PyTorch 1.6: magic number, protocol, system, weights', async () => {
    const magic = pickle(0x8a, 10, Buffer.from('6cfc9c46f9206aa85019', 'hex'));
    const stream = Buffer.concat([
      magic,
      pickle(0x4b, 1),
      pickle(0x7d),
      pickle(stackGlobal('my', 'Net'), 0x29, 0x81),
    ]);
    expect(await detectFormat(put('legacy.pt', stream))).toMatchObject({ format: 'torch-pickle' });
  });

  test('an archive of something else is named by what is in it', async () => {
    const file = put('data.zip', zip([{ name: 'photo.jpg', content: Buffer.from('x') }]));
    await expect(detectFormat(file)).rejects.toThrow('a zip archive of photo.jpg');
  });

  test('cut off anywhere, it is damaged and nothing else', () => {
    const whole = readFileSync(fixturePath('torch/digits_cnn/weights.pth'));
    fc.assert(
      fc.property(fc.integer({ min: 4, max: whole.length - 1 }), (length) => {
        expect(() => sniffFile(bytesSource(whole.subarray(0, length), 'weights.pth'))).toThrow(
          expect.objectContaining({ code: 'CONVERT_DAMAGED' }),
        );
      }),
    );
  });

  test('a zip bomb is not unpacked', () => {
    const bomb = zip([{ name: 'm/data.pkl', content: Buffer.from('x') }]);
    const central = bomb.lastIndexOf('PK\x01\x02');
    bomb.writeUInt32LE(0x7fffffff, central + 24);
    expect(() => sniffFile(bytesSource(bomb, 'bomb.pt'))).toThrow('a zip bomb');
  });
});

describe('folders', () => {
  const make = (name: string, files: Readonly<Record<string, string | Uint8Array>>) => {
    for (const [file, content] of Object.entries(files)) {
      mkdirSync(join(folder, name, file, '..'), { recursive: true });
      writeFileSync(join(folder, name, file), content);
    }
    return join(folder, name);
  };
  const iris = readFileSync(fixturePath('sklearn/iris_logreg/model.pkl'));

  test('MLflow: the flavour names the file', async () => {
    const MLmodel =
      'flavors:\n  python_function: {loader_module: mlflow.sklearn}\n  sklearn: {pickled_model: model.pkl}\n';
    const found = await detectFormat(make('mlflow', { MLmodel, 'model.pkl': iris }));
    expect(found.what).toBe('an MLflow folder with a pickled scikit-learn model (LogisticRegression)');
    expect(basename(found.path)).toBe('model.pkl');
  });

  test.each([
    ['flavors: {python_function: {}}', 'of the flavours python_function'],
    ['flavors: {sklearn: {pickled_model: ../../etc/passwd}}', 'names the file "../../etc/passwd"'],
    ['a: [', 'cannot be read'],
    ['1', 'of the flavours none'],
  ])('MLflow that cannot be used: %s', async (MLmodel, words) => {
    await expect(detectFormat(make(`mlflow-${words.length}`, { MLmodel }))).rejects.toThrow(words);
  });

  test('Hugging Face: what it is, and what its pickle would import', async () => {
    const config = '{"architectures": ["BertModel"]}';
    const safe = make('hub-safe', {
      'config.json': config,
      'model.safetensors': 'x',
      'pytorch_model.bin': 'x',
    });
    const known = { format: 'huggingface', what: 'a Hugging Face model folder (BertModel)', globals: [] };
    expect(await detectFormat(safe)).toMatchObject(known);
    const evil = calls('os', 'system', 'id');
    const risky = make('hub-bin', { 'config.json': config, 'pytorch_model-00001.bin': evil });
    expect((await detectFormat(risky)).globals).toMatchObject([{ module: 'os', name: 'system' }]);
    await expect(detectFormat(make('hub-tf', { 'config.json': '{}', 'tf_model.h5': 'x' }))).rejects.toThrow(
      'no weights for PyTorch (only tf_model.h5)',
    );
    const broken = make('hub-cut', { 'config.json': '{', 'model.safetensors': 'x' });
    await expect(detectFormat(broken)).rejects.toMatchObject({ code: 'CONVERT_DAMAGED' });
  });

  test('safetensors alone are weights; beside a config.json they are the folder', async () => {
    const content = Buffer.from('\x40\0\0\0\0\0\0\0{"__metadata__":{"format":"pt"}}', 'latin1');
    const alone = join(make('st', { 'w.safetensors': content }), 'w.safetensors');
    expect(await detectFormat(alone)).toMatchObject({
      format: 'torch-weights',
      what: 'safetensors weights without a model',
      warnings: [],
    });
    const hub = make('st-hub', { 'config.json': '{}', 'model.safetensors': content });
    expect(await detectFormat(join(hub, 'model.safetensors'))).toMatchObject({
      format: 'huggingface',
      path: hub,
    });
  });

  test('Hugging Face, one model, several, none', async () => {
    const hub = make('hub', { 'config.json': '{}', 'model.safetensors': 'x' });
    expect((await detectFormat(hub)).format).toBe('huggingface');
    expect((await detectFormat(make('one', { 'model.pkl': iris, 'README.md': 'x' }))).format).toBe('sklearn');
    await expect(detectFormat(make('two', { 'a.pkl': iris, 'b.pkl': iris }))).rejects.toThrow('a.pkl, b.pkl');
    await expect(detectFormat(make('none', { 'README.md': 'x' }))).rejects.toThrow('holds no saved_model.pb');
  });
});

describe('what is no model', () => {
  test.each([
    ['empty.pt', '', 'MODEL_EMPTY'],
    ['page.h5', '<!DOCTYPE html><html></html>', 'MODEL_WEB_PAGE'],
    ['lfs.pt', 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 123\n', 'MODEL_LFS_POINTER'],
    ['notes.txt', 'Some notes about the model.', 'CONVERT_FORMAT_UNKNOWN'],
    ['data.json', '{"rows": []}', 'CONVERT_FORMAT_UNKNOWN'],
  ])('%s: %s', async (name, content, code) => {
    await expect(detectFormat(put(name, content))).rejects.toMatchObject({ code });
  });

  test('a path that is not there', async () => {
    await expect(detectFormat(join(folder, 'absent'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });

  test('any bytes are named, or refused with a row of the catalogue', () => {
    const beginnings = [
      '',
      'PK\x03\x04',
      '\x80\x04',
      '\x89HDF\r\n\x1a\n',
      'tree\nversion=',
      '{L',
      '\x78\x9c',
      '\x1f\x8b',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...beginnings), fc.uint8Array({ maxLength: 200 }), (start, rest) => {
        try {
          const bytes = Buffer.concat([Buffer.from(start, 'latin1'), rest]);
          expect(sniffFile(bytesSource(bytes, 'x')).format).toBeTypeOf('string');
        } catch (error) {
          expect(error).toBeInstanceOf(MdeployError);
          expect((error as MdeployError).code).not.toBe('INTERNAL');
        }
      }),
    );
  });
});
