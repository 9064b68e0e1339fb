import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { planInit, writeInit } from '../../src/init/init.ts';
import { checkManifest, loadManifest } from '../../src/manifest/check.ts';
import { completeManifest } from '../../src/manifest/complete.ts';
import { readModel } from '../../src/onnx/read-model.ts';
import { signatureOf } from '../../src/onnx/signature.ts';
import { compilePipeline } from '../../src/pipeline/pipeline.ts';
import { transforms } from '../../src/pipeline/transforms.ts';
import { fixturePath, listCases, loadCase } from '../fixtures.ts';

const scratch = mkdtempSync(join(tmpdir(), 'mdeploy-init-'));
afterAll(() => rm(scratch, { recursive: true }));

let folders = 0;
/** A fresh folder with copies of fixture files. */
function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = join(scratch, `f${folders++}`);
  mkdirSync(folder);
  for (const [name, fixture] of Object.entries(files)) cpSync(fixturePath(fixture), join(folder, name));
  return folder;
}

const iris = 'sklearn/iris_logreg/model.onnx';
const digits = 'torch/digits_cnn/model.onnx';
const zipmap = 'sklearn/iris_logreg/model_zipmap.onnx';
const uncommented = (text: string, key: string) =>
  text.replace(new RegExp(`# ${key}:[^\\n]*\\n(?:#   [^\\n]*\\n)*`), (block) => block.replace(/^# /gm, ''));

describe('planInit', () => {
  const cases = listCases()
    .map(loadCase)
    .filter(({ expect: outcome, modelPath }) => outcome === 'ok' && existsSync(modelPath));

  test.each(cases.map(({ name, modelPath }) => [name, modelPath]))(
    '%s: what is planned loads again',
    async (_, modelPath) => {
      const { text, manifest, file } = await planInit(modelPath);
      expect(basename(file)).toBe('model.yaml');
      const { draft, problems, locate } = checkManifest(text, file, {
        environment: {},
        transforms: transforms.names,
      });
      expect(problems).toEqual([]);
      const signature = signatureOf(await readModel(modelPath));
      expect(completeManifest(draft!, { signature, locate }).manifest).toEqual(manifest);
      expect(manifest.inputs.map(({ name }) => name)).toEqual(signature.inputs.map(({ name }) => name));
      expect(manifest.inputs.flatMap(({ shape }) => shape ?? [])).not.toContain('');
    },
  );

  test.each(cases.map(({ name, modelPath }) => [name, modelPath]))(
    '%s: the suggestions fit the model',
    async (_, modelPath) => {
      const { text } = await planInit(modelPath);
      const open = uncommented(uncommented(text, 'preprocess'), 'postprocess');
      const { draft, problems } = checkManifest(open, 'f', { environment: {}, transforms: transforms.names });
      expect(problems).toEqual([]);
      const signature = signatureOf(await readModel(modelPath));
      const { manifest } = completeManifest(draft!, { signature });
      await expect(compilePipeline(manifest, signature)).resolves.toBeDefined();
    },
  );

  test('the defaults in the comments are the defaults', async () => {
    const { text, manifest } = await planInit(fixturePath(iris));
    const open = ['serving', 'runtime', 'image'].reduce(uncommented, text);
    const { serving, runtime, image } = parse(open) as Record<string, Record<string, unknown>>;
    expect({ ...manifest.serving, max_body_bytes: undefined }).toEqual({
      ...serving,
      max_body_size: undefined,
    });
    expect(serving?.max_body_size).toBe('64MiB');
    expect(manifest.runtime).toMatchObject(runtime!);
    expect(manifest.image).toMatchObject({ platforms: image?.platforms, env: image?.env });
    expect(checkManifest(open, 'f', { environment: {} }).problems).toEqual([]);
  });

  test('a picture and class scores are offered as comments, not set', async () => {
    const { text, manifest, notes } = await planInit(fixturePath(digits));
    expect(text).toContain('#   - decode_image: {mode: gray}\n#   - resize: [8, 8]\n');
    expect(text).toContain('# postprocess: [softmax, {top_k: 3}]\n');
    expect(manifest.preprocess).toEqual([]);
    expect(manifest.postprocess).toEqual([]);
    expect(manifest.model.framework).toBe('pytorch');
    expect(notes).toEqual([
      'image looks like a picture (gray); see preprocess',
      'logits looks like 10 class scores; see postprocess',
    ]);
  });

  test('labels of a ZipMap are found, and one of several outputs is named', async () => {
    const { text, manifest } = await planInit(fixturePath(zipmap));
    expect(manifest.outputs[1]).toMatchObject({ name: 'output_probability', labels: ['0', '1', '2'] });
    expect(text).toContain('# postprocess: [{top_k: {k: 3, output: output_probability}}]');
    expect(manifest.model.framework).toBe('sklearn');
  });

  test('8-bit pictures need no scaling', async () => {
    const { text } = await planInit(fixturePath('traits/uint8_image/model.onnx'));
    expect(text).toContain('decode_image: {mode: rgb}');
    expect(text).not.toContain('scale:');
  });

  test('takes the only model of a folder, and names it after the folder', async () => {
    const folder = folderWith({ 'model.onnx': iris });
    const { file, manifest } = await planInit(folder);
    expect(file).toBe(join(folder, 'model.yaml'));
    expect(manifest.name).toBe(basename(folder));
    expect(manifest.model.path).toBe('model.onnx');
  });

  test('a name and another place to write', async () => {
    const folder = folderWith({ 'x.onnx': iris });
    mkdirSync(join(folder, 'sub'));
    cpSync(join(folder, 'x.onnx'), join(folder, 'sub', 'y.onnx'));
    const { manifest, file } = await planInit(join(folder, 'sub', 'y.onnx'), {
      name: 'other',
      output: join(folder, 'other.yaml'),
    });
    expect(manifest.name).toBe('other');
    expect(manifest.model.path).toBe('sub/y.onnx');
    expect(file).toBe(join(folder, 'other.yaml'));
  });

  test.each([
    ['no model in the folder', () => folderWith({}), {}, 'INIT_MODEL', 'there is no .onnx file'],
    [
      'two models',
      () => folderWith({ 'a.onnx': iris, 'b.onnx': iris }),
      {},
      'INIT_MODEL',
      'there are 2: a.onnx, b.onnx',
    ],
    ['nothing there', () => join(scratch, 'none.onnx'), {}, 'FILE_UNREADABLE', 'does not exist'],
    [
      'output beside the model’s folder',
      () => join(folderWith({ 'a.onnx': iris }), 'a.onnx'),
      { output: join(scratch, 'elsewhere', 'm.yaml') },
      'INIT_OUTSIDE',
      'folder',
    ],
    [
      'a hostile name',
      () => folderWith({ 'a.onnx': iris }),
      { name: 'a\nb: 1' },
      'MANIFEST_INVALID',
      '"name"',
    ],
    [
      'a hostile file name',
      () => join(folderWith({ 'a#b: c.onnx': iris }), 'a#b: c.onnx'),
      {},
      'MANIFEST_INVALID',
      '"#"',
    ],
    ['a web page', () => fixturePath('traits/not_onnx_html/model.onnx'), {}, 'MODEL_WEB_PAGE', ''],
    ['an empty file', () => fixturePath('traits/zero_bytes/model.onnx'), {}, 'MODEL_EMPTY', ''],
  ])('%s', async (_, model, options, code, part) => {
    await expect(planInit(model(), options)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(part),
    });
  });
});

describe('writeInit', () => {
  test('writes the manifest, which loads', async () => {
    const folder = folderWith({ 'model.onnx': iris });
    const plan = await planInit(folder);
    await writeInit(plan, false);
    expect(readdirSync(folder).sort()).toEqual(['model.onnx', 'model.yaml']);
    expect((await loadManifest(plan.file)).draft.name).toBe(basename(folder));
  });

  test('never replaces a manifest unless told to', async () => {
    const folder = folderWith({ 'model.onnx': iris });
    writeFileSync(join(folder, 'model.yaml'), 'mine');
    const plan = await planInit(folder);
    await expect(writeInit(plan, false)).rejects.toMatchObject({ code: 'INIT_EXISTS', exit: 2 });
    expect(readFileSync(plan.file, 'utf8')).toBe('mine');
    await writeInit(plan, true);
    expect(readFileSync(plan.file, 'utf8')).toBe(plan.text);
  });
});
