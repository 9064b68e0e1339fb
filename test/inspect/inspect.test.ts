import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command } from '../../src/cli/commands/inspect.ts';
import { createOutput } from '../../src/cli/output.ts';
import { sha256 } from '../../src/core/hash.ts';
import { inspect } from '../../src/inspect/inspect.ts';
import { inspectionText } from '../../src/inspect/text.ts';
import { fixturePath, listCases, loadCase } from '../fixtures.ts';
import { codeOf } from '../onnx/codes.ts';
import {
  bareGraph,
  bytes,
  floatValue,
  int,
  model,
  msg,
  node,
  opset,
  str,
  tensorType,
  value,
} from '../onnx/proto.ts';
import { changeModel, convertedFolder } from '../repository/converted-folder.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mdeploy-inspect-'));
  mkdirSync(join(folder, 'iris'));
  copyFileSync(fixturePath('sklearn/iris_logreg/model.onnx'), join(folder, 'iris', 'model.onnx'));
  writeFileSync(join(folder, 'iris', 'model.yaml'), 'name: iris\nversion: 4\nmodel: {path: model.onnx}\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function written(name: string, content: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

describe('inspect', () => {
  it('tells everything of a bare file', async () => {
    const path = fixturePath('sklearn/iris_logreg/model.onnx');
    const report = await inspect(path);
    expect(report).toMatchObject({
      kind: 'file',
      path,
      model: {
        path,
        bytes: 518,
        sha256: sha256(readFileSync(path)),
        ir_version: 8,
        inputs: [{ name: 'X', datatype: 'FP32', type: 'tensor(float)', shape: ['', 4] }],
        outputs: [
          { name: 'label', datatype: 'INT64' },
          { name: 'probabilities', datatype: 'FP32', shape: ['', 3] },
        ],
        parameters: 0,
        nodes: 2,
        custom_domains: [],
        external_data: [],
      },
      findings: [],
    });
    expect(report).not.toHaveProperty('name');
  });

  it('takes name and version of a folder from its manifest', async () => {
    const report = await inspect(join(folder, 'iris'));
    expect(report).toMatchObject({ kind: 'folder', name: 'iris', version: '4', findings: [] });
    expect(report.model.path).toBe(join(folder, 'iris', 'model.onnx'));
  });

  it.each(listCases().filter((name) => loadCase(name).expect === 'ok'))('%s: no findings', async (name) => {
    const report = await inspect(loadCase(name).modelPath);
    expect(report.findings).toEqual([]);
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
    expect(inspectionText(report)).toContain(report.model.sha256);
  });

  it('shows a ZipMap output as the matrix that will be served', async () => {
    const { model } = await inspect(fixturePath('boosted/catboost_iris/model.onnx'));
    expect(model.zipmap_outputs).toEqual(['probabilities']);
    expect(model.outputs[1]).toEqual({
      name: 'probabilities',
      type: 'seq(map(int64,tensor(float)))',
      datatype: 'FP32',
      shape: ['N', 3],
    });
  });

  it('lists external files with the number of their tensors, and the locale of text models', async () => {
    const external = await inspect(fixturePath('traits/external_data/model.onnx'));
    expect(external.model.external_data).toEqual([{ location: 'model.onnx.data', tensors: 1 }]);
    const text = await inspect(fixturePath('sklearn/text_sentiment_en/model.onnx'));
    expect(text.model.locales).toEqual(['en_US']);
  });

  it('shows a file that could not be served, with every reason', async () => {
    const output = msg(12, value('y', tensorType(16)));
    const tensor = msg(5, str(8, 'w'), msg(13, str(1, 'location'), str(2, '../w')), int(14, 1));
    const path = written(
      'bad.onnx',
      bytes(int(1, 99), bareGraph(node('Relu'), tensor, output), opset('', 17)),
    );
    const { findings } = await inspect(path);
    expect(findings.map(({ code }) => code)).toEqual([
      'MODEL_IR_UNSUPPORTED',
      'MODEL_TYPE_UNSUPPORTED',
      'EXTERNAL_DATA_ESCAPE',
    ]);
    for (const { remedy } of findings) expect(remedy).not.toBe('');
  });

  it.each([
    ['traits/zero_bytes', 'MODEL_EMPTY'],
    ['traits/truncated', 'MODEL_TRUNCATED'],
  ])('%s throws %s', async (name, code) => {
    expect(await codeOf(() => inspect(loadCase(name).modelPath))).toBe(code);
  });

  it('names a path that is not there', async () => {
    expect(await codeOf(() => inspect(join(folder, 'gone')))).toBe('MODEL_PATH_MISSING');
  });
});

describe('the table', () => {
  it('has one labelled row for each thing', async () => {
    const text = inspectionText(await inspect(fixturePath('real/ocr_cls/model.onnx')));
    const labels = text.split('\n').map((line) => line.slice(0, 12).trim());
    expect(labels).toEqual([
      'model',
      'sha256',
      'producer',
      'IR version',
      'opsets',
      'inputs',
      'outputs',
      'parameters',
      'nodes',
      'operators',
    ]);
    expect(text).toMatch(/^inputs {7}x {2}FP32\[\?,3,\?,\?\]$/m);
    expect(text).toMatch(/^operators {4}Constant × 308, Conv × 53, Add × 44, .*, \d+ more$/m);
  });

  it('lists every operator when verbose', async () => {
    const report = await inspect(fixturePath('real/ocr_cls/model.onnx'));
    const lines = inspectionText(report, true).split('\n');
    expect(lines.length).toBeGreaterThan(report.model.operators.length);
    expect(lines.some((line) => line.includes('more'))).toBe(false);
  });

  it('cuts what exporters put into names and metadata, unless verbose', async () => {
    const report = await inspect(fixturePath('boosted/catboost_iris/model.onnx'));
    const text = inspectionText(report);
    expect(text).toMatch(/^producer {5}CatBoost Git info:…$/m);
    for (const line of text.split('\n')) expect(line.length).toBeLessThan(140);
    expect(inspectionText(report, true)).toContain('CatBoost Git info:\\n');
  });

  it('shows types no protocol can carry in the words of ONNX, and the findings', async () => {
    const path = written(
      'bf16.onnx',
      model(bareGraph(msg(11, value('x', tensorType(16))), msg(12, floatValue('y')))),
    );
    const text = inspectionText(await inspect(path));
    expect(text).toContain('x  tensor(bfloat16)');
    expect(text).toMatch(/^findings {5}MODEL_TYPE_UNSUPPORTED: The input "x"/m);
  });

  it('cannot be used to write escapes to a terminal', async () => {
    const evil = '\x1b]0;owned\x07\u202e';
    const path = written(
      'evil.onnx',
      model(
        str(2, evil),
        str(6, evil),
        msg(14, str(1, evil), str(2, evil)),
        bareGraph(msg(11, floatValue(evil))),
      ),
    );
    const text = inspectionText(await inspect(path));
    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
    expect(text).toContain('\\u001b]0;owned');
  });

  it('says of an old opset what that means', async () => {
    const path = written(
      'old.onnx',
      bytes(int(1, 3), bareGraph(node('Relu'), msg(11, floatValue('x'))), opset('', 6)),
    );
    const report = await inspect(path);
    expect(report.findings).toEqual([]);
    expect(report.model.old_opsets).toEqual([{ domain: 'ai.onnx', version: 6 }]);
    expect(inspectionText(report)).toMatch(/^opsets {7}ai\.onnx 6\n {13}ai\.onnx 6 is old: /m);
  });

  it('tells manifest, metadata, functions and custom operators where there are any', async () => {
    const path = written(
      'custom.onnx',
      model(
        bareGraph(node('Blur', str(7, 'my.ops')), msg(11, floatValue('x')), msg(12, floatValue('y'))),
        msg(25, str(1, 'f'), str(10, 'local')),
        msg(14, str(1, 'author'), str(2, 'Ada')),
      ),
    );
    const text = inspectionText(await inspect(path));
    expect(text).toMatch(/^metadata {5}author: Ada$/m);
    expect(text).toMatch(/^nodes {8}1, 1 function$/m);
    expect(text).toMatch(/^custom ops {3}my\.ops$/m);
    expect(inspectionText(await inspect(join(folder, 'iris')))).toMatch(/^name {9}iris, version 4$/m);
  });
});

describe('the command', () => {
  const run = async (args: readonly string[], json: boolean): Promise<{ exit: number; out: string }> => {
    let out = '';
    const stdout = { write: (text: string) => (out += text) };
    const stderr = { write: () => true };
    const output = createOutput({ json, verbose: false, quiet: false, color: false }, { stdout, stderr });
    return { exit: await command.run(args, {}, output), out };
  };

  it('prints the table, or one JSON document', async () => {
    const path = fixturePath('torch/digits_cnn/model.onnx');
    const table = await run([path], false);
    expect(table.exit).toBe(0);
    expect(table.out).toContain('FP32[batch,1,8,8]');
    const document = JSON.parse((await run([path], true)).out) as Record<string, unknown>;
    expect(document).toMatchObject({ schema_version: 1, kind: 'file', findings: [] });
  });
});

describe('a converted model', () => {
  it('shows what it was made of, with what, and how well it agrees', async () => {
    const root = convertedFolder();
    const report = await inspect(root);
    expect(report.findings).toEqual([]);
    expect(report.conversion).toMatchObject({
      source: { name: 'iris.pkl', what: 'a pickled model' },
      max_abs: 5e-7,
      samples: 1,
      holds: true,
    });
    const text = inspectionText(report);
    expect(text).toContain('converted    from iris.pkl, a pickled model\n');
    expect(text).toContain('by mdeploy 0.1.0 with scikit-learn 1.9.1, skl2onnx 1.20.0\n');
    expect(text).toContain('1 sample proven, largest difference 5.0e-7');
  });

  it('says so when the model is no longer that one', async () => {
    const root = convertedFolder();
    changeModel(root);
    const report = await inspect(root);
    expect(report.conversion?.holds).toBe(false);
    expect(report.findings.map(({ code }) => code)).toEqual(['CONVERSION_STALE']);
    expect(inspectionText(report)).toContain('the model was changed after it');
  });

  it('is still shown when its record cannot be read', async () => {
    const root = convertedFolder();
    writeFileSync(join(root, 'conversion.json'), 'no JSON');
    const report = await inspect(root);
    expect(report.conversion).toBeUndefined();
    expect(report.findings.map(({ code }) => code)).toEqual(['CONVERSION_UNREADABLE']);
  });
});
