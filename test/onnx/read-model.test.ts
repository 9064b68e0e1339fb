import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkExternalData } from '../../src/onnx/external-data.ts';
import { readModel, readModelBytes } from '../../src/onnx/read-model.ts';
import { signatureOf } from '../../src/onnx/signature.ts';
import { checkVersions } from '../../src/onnx/versions.ts';
import { fixturePath, listCases, loadCase } from '../fixtures.ts';
import { codeOf, errorOf } from './codes.ts';
import {
  attribute,
  bareGraph,
  bytes,
  floatValue,
  graph,
  int,
  localFunction,
  model,
  msg,
  node,
  opset,
  type Part,
  str,
  value,
} from './proto.ts';

const good = listCases().filter((name) => loadCase(name).expect === 'ok');

describe('every valid fixture', () => {
  it.each(good)('%s: has the signature that its golden values show', async (name) => {
    const { inputs, outputs, modelPath } = loadCase(name);
    const model = await readModel(modelPath);
    const signature = signatureOf(model);
    for (const golden of [...inputs, ...outputs]) {
      const spec = [...signature.inputs, ...signature.outputs].find((tensor) => tensor.name === golden.name);
      const argmax = 'argmax' in golden && golden.argmax !== undefined;
      expect(spec?.datatype, golden.name).toBe(argmax ? 'FP32' : golden.datatype);
      if (!spec?.shape || argmax) continue;
      expect(spec.shape, golden.name).toHaveLength(golden.shape.length);
      for (const [axis, dim] of spec.shape.entries())
        if (typeof dim === 'number') expect(dim).toBe(golden.shape[axis]);
    }
    expect(signature.inputs.map((spec) => spec.name).sort()).toEqual(inputs.map((t) => t.name).sort());
  });

  it.each(good)('%s: passes the version and external data checks', async (name) => {
    const { modelPath } = loadCase(name);
    const model = await readModel(modelPath);
    expect(() => checkVersions(model)).not.toThrow();
    const expected = name === 'traits/external_data' ? ['model.onnx.data'] : [];
    expect(await checkExternalData(model, modelPath)).toEqual(expected);
  });

  it.each(good)('%s: reads the same from memory as from the file', async (name) => {
    const { modelPath } = loadCase(name);
    expect(readModelBytes(readFileSync(modelPath), modelPath)).toEqual(await readModel(modelPath));
  });
});

describe('every broken fixture', () => {
  const refuse = async (name: string): Promise<void> => {
    const { modelPath } = loadCase(name);
    const model = await readModel(modelPath);
    checkVersions(model);
    await checkExternalData(model, modelPath);
  };

  it.each([
    ['traits/zero_bytes', 'MODEL_EMPTY', /is empty/],
    ['traits/git_lfs_pointer', 'MODEL_LFS_POINTER', /Git LFS pointer/],
    ['traits/not_onnx_html', 'MODEL_WEB_PAGE', /web page, not an ONNX model/],
    ['traits/truncated', 'MODEL_TRUNCATED', /has 163 bytes/],
    ['traits/corrupted', 'MODEL_CORRUPT', /not a valid ONNX file/],
    ['traits/ir_too_new', 'MODEL_IR_UNSUPPORTED', /IR version 99.*up to 13/],
    ['traits/opset_too_new', 'MODEL_OPSET_UNSUPPORTED', /opset 99 of ai\.onnx.*7 to 26/],
    ['traits/external_data_missing', 'EXTERNAL_DATA_MISSING', /model\.onnx\.data/],
  ])('%s: %s', async (name, code, message) => {
    const error = await errorOf(() => refuse(name));
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.message).toContain(loadCase(name).modelPath);
    expect(error.remedy.length).toBeGreaterThan(20);
  });

  it('leaves no broken fixture out', () => {
    expect(listCases().filter((name) => loadCase(name).expect === 'error')).toHaveLength(8);
  });
});

describe('what is read', () => {
  const read = (...parts: readonly Part[]) => readModelBytes(model(...parts), 'test.onnx');

  it('tells producer, opsets, operators, parameters and metadata of a real model', async () => {
    const iris = await readModel(fixturePath('sklearn/iris_logreg/model.onnx'));
    expect(iris.irVersion).toBe(8);
    expect(iris.producer.name).toBe('skl2onnx');
    expect(iris.opsets).toEqual([
      { domain: 'ai.onnx.ml', version: 1 },
      { domain: 'ai.onnx', version: 17 },
    ]);
    expect(iris.operators).toEqual([
      { domain: 'ai.onnx.ml', name: 'LinearClassifier', count: 1 },
      { domain: 'ai.onnx.ml', name: 'Normalizer', count: 1 },
    ]);
    expect(iris.fileBytes).toBe(518);
    const magika = await readModel(fixturePath('real/magika/model.onnx'));
    expect(magika.parameterCount).toBe(784519);
    const catboost = await readModel(fixturePath('boosted/catboost_iris/model.onnx'));
    expect(catboost.metadata.size).toBe(7);
    expect(catboost.zipMaps).toEqual([
      { input: 'probability_tensor', output: 'probabilities', labels: ['0', '1', '2'], labelType: 'INT64' },
    ]);
  });

  it('counts Constant nodes as parameters: some exporters keep all weights there', async () => {
    const paddle = await readModel(fixturePath('real/ocr_cls/model.onnx'));
    expect(paddle.parameterCount).toBeGreaterThan(100_000);
  });

  it('takes initializers out of the inputs, as files of IR 3 list them in both', () => {
    const initializer = msg(5, int(1, 2), int(1, 3), int(2, 1), str(8, 'w'));
    const { inputs, parameterCount } = read(graph(msg(11, floatValue('w')), initializer));
    expect(inputs.map(({ name }) => name)).toEqual(['x']);
    expect(parameterCount).toBe(6);
  });

  it('reads packed and plain dims alike', () => {
    const packed = msg(5, str(1, Uint8Array.of(2, 3, 4)), str(8, 'w'));
    expect(read(graph(packed)).parameterCount).toBe(24);
  });

  it.each([
    ['tensor(bfloat16)', msg(1, int(1, 16), msg(2))],
    ['tensor(type 99)', msg(1, int(1, 99), msg(2))],
    ['seq(tensor(float))', msg(4, msg(1, msg(1, int(1, 1))))],
    ['optional(tensor(int64))', msg(9, msg(1, msg(1, int(1, 7))))],
    ['map(string,tensor(double))', msg(5, int(1, 8), msg(2, msg(1, int(1, 11))))],
    ['seq(map(int64,tensor(float)))', msg(4, msg(1, msg(5, int(1, 7), msg(2, msg(1, int(1, 1))))))],
    ['sparse_tensor(float)', msg(8, int(1, 1))],
    ['opaque', msg(7, str(1, 'd'))],
    ['undefined', new Uint8Array(0)],
  ])('knows the type %s and refuses to serve it', async (type, encoded) => {
    const found = readModelBytes(
      model(bareGraph(msg(11, floatValue('x')), msg(12, value('y', encoded)))),
      'm',
    );
    expect(found.outputs[0]?.type).toBe(type);
    const error = await errorOf(() => signatureOf(found));
    expect(error.code).toBe('MODEL_TYPE_UNSUPPORTED');
    expect(error.message).toContain('"y"');
    expect(error.details.received).toBe(type);
  });

  it('reads every way of writing an axis', () => {
    const dims = [int(1, 3), str(2, 'batch'), bytes(), int(1, -1), str(2, '?'), int(1, 0)];
    const type = msg(1, int(1, 1), msg(2, ...dims.map((dim) => msg(1, dim))));
    const { inputs } = readModelBytes(model(bareGraph(msg(11, value('x', type)))), 'm');
    expect(inputs[0]?.shape).toEqual([3, 'batch', '', '', '', 0]);
  });

  it('keeps an unknown rank apart from a scalar', () => {
    const unknown = value('u', msg(1, int(1, 1)));
    const scalar = value('s', msg(1, int(1, 1), msg(2)));
    const { inputs } = readModelBytes(model(bareGraph(msg(11, unknown), msg(11, scalar))), 'm');
    expect(inputs.map(({ shape }) => shape)).toEqual([null, []]);
  });

  it('counts nodes of sub-graphs and functions, and calls no function a custom operator', () => {
    const branch = attribute('then_branch', msg(6, node('Relu'), node('Relu')));
    const found = read(
      graph(node('If', branch), node('f', str(7, 'local')), node('Blur', str(7, 'my.ops'))),
      localFunction('f'),
      opset('local', 1),
    );
    expect(found.nodeCount).toBe(5);
    expect(found.functionCount).toBe(1);
    expect(found.operators[0]).toEqual({ domain: 'ai.onnx', name: 'Relu', count: 2 });
    expect(found.customDomains).toEqual(['my.ops']);
  });

  it('merges fields that come twice, and takes any field order', () => {
    const late = bytes(
      opset('', 17),
      bareGraph(node('Relu')),
      bareGraph(msg(11, floatValue('x'))),
      int(1, 8),
    );
    const found = readModelBytes(late, 'm');
    expect(found.irVersion).toBe(8);
    expect(found.inputs).toHaveLength(1);
    expect(found.nodeCount).toBe(1);
  });

  it('passes over unknown fields of every wire type', () => {
    const fixed = bytes(
      Uint8Array.of(0xf5, 0x03, 1, 2, 3, 4),
      Uint8Array.of(0xf1, 0x03, 1, 2, 3, 4, 5, 6, 7, 8),
    );
    expect(read(graph(), int(60, -1), str(61, 'later'), fixed).graphName).toBe('g');
  });

  it('keeps metadata keys with special names plain', () => {
    const entry = (key: string): Uint8Array => msg(14, str(1, key), str(2, 'v'));
    const { metadata } = read(graph(), entry('__proto__'), entry('constructor'));
    expect([...metadata]).toEqual([
      ['__proto__', 'v'],
      ['constructor', 'v'],
    ]);
  });

  it('refuses a name that is not UTF-8', async () => {
    const odd = msg(11, str(1, Uint8Array.of(0xff, 0xfe)));
    expect(await codeOf(() => read(bareGraph(odd)))).toBe('MODEL_CORRUPT');
  });
});
