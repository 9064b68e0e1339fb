import { describe, expect, test } from 'vitest';
import type { MdeployError } from '../../src/core/errors/error.ts';
import type { Dim, Signature, TensorSpec } from '../../src/core/tensor.ts';
import { checkManifest } from '../../src/manifest/check.ts';
import { completeManifest } from '../../src/manifest/complete.ts';
import { inferDraft } from '../../src/manifest/infer.ts';

const least = 'name: a\nmodel: {path: m.onnx}\n';
const spec = (name: string, shape: readonly Dim[] | null, datatype: TensorSpec['datatype'] = 'FP32') => ({
  name,
  datatype,
  shape,
});
const iris: Signature = {
  inputs: [spec('X', ['', 4])],
  outputs: [spec('label', [''], 'INT64'), spec('probabilities', ['', 3])],
};

function complete(
  text: string,
  signature: Signature = iris,
  labelFiles?: ReadonlyMap<string, readonly string[]>,
) {
  const { draft, locate, problems } = checkManifest(least + text, 'model.yaml', { environment: {} });
  expect(problems.map(({ message }) => message)).toEqual([]);
  return completeManifest(draft!, { signature, locate, ...(labelFiles && { labelFiles }) });
}

function refusal(text: string, signature: Signature = iris): MdeployError {
  try {
    complete(text, signature);
  } catch (error) {
    return error as MdeployError;
  }
  return expect.fail('it was accepted');
}

describe('what is left out comes from the model file', () => {
  test('every tensor, with readable axes', () => {
    const { manifest, warnings } = complete('');
    expect(manifest.inputs).toEqual([{ name: 'X', datatype: 'FP32', shape: ['batch', 4] }]);
    expect(manifest.outputs).toEqual([
      { name: 'label', datatype: 'INT64', shape: ['batch'] },
      { name: 'probabilities', datatype: 'FP32', shape: ['batch', 3] },
    ]);
    expect(warnings).toEqual([]);
  });

  test.each<[Dim, number, Dim]>([
    ['', 0, 'batch'],
    ['', 2, 'dim_2'],
    ['unk__48', 0, 'batch'],
    ['p2o.DynamicDimension.1', 1, 'dim_1'],
    ['((s0 - 1)//2) + 1', 1, 'dim_1'],
    ['a\nb', 0, 'batch'],
    ['sequence', 1, 'sequence'],
    [0, 0, 0],
    [7, 1, 7],
  ])('axis %j at %i is %j', (dim, axis, name) => {
    const shape = [...Array.from({ length: axis }, () => 1), dim];
    const { manifest } = complete('', { inputs: [spec('x', shape)], outputs: [spec('y', [1])] });
    expect(manifest.inputs[0]?.shape?.[axis]).toBe(name);
  });

  test('a scalar stays one, and an unknown rank unknown', () => {
    const { manifest } = complete('', { inputs: [spec('s', [])], outputs: [spec('y', null)] });
    expect(manifest.inputs[0]?.shape).toEqual([]);
    expect(manifest.outputs[0]?.shape).toBeNull();
  });

  test('a response cache has its size, or is absent', () => {
    const cacheOf = (written: string) => complete(`serving: {${written}}\n`).manifest.serving.response_cache;
    expect(cacheOf('response_cache: {}')).toEqual({ max_bytes: 64 * 1024 ** 2 });
    expect(cacheOf('response_cache: {max_bytes: 1GiB}')).toEqual({ max_bytes: 1024 ** 3 });
    expect(cacheOf('timeout_ms: 1')).toBeUndefined();
  });

  test('renames sizes to bytes and leaves optional settings out', () => {
    const { manifest } = complete('serving: {max_body_size: 1MiB}\nimage: {max_size: 200MB}\n');
    expect(manifest.serving.max_body_bytes).toBe(1024 ** 2);
    expect(manifest.image.max_size_bytes).toBe(200_000_000);
    expect(manifest.runtime.probe).toEqual({ timeout_ms: 60_000, max_memory_bytes: 4 * 1024 ** 3 });
    expect(Object.keys(manifest.image)).not.toContain('repository');
    expect(Object.keys(manifest.model)).toEqual(['path', 'format']);
  });
});

describe('what is written must agree', () => {
  test('names for axes, and lengths for free ones, are the user’s to give', () => {
    const { manifest } = complete(
      'inputs: [{name: X, shape: [rows, 4]}]\noutputs: [{name: probabilities, shape: [8, 3]}]',
    );
    expect(manifest.inputs[0]?.shape).toEqual(['rows', 4]);
    expect(manifest.outputs[1]?.shape).toEqual([8, 3]);
  });

  test('an axis left open keeps the name of the file', () => {
    const signature = { inputs: [spec('x', ['N', 'T'])], outputs: [spec('y', ['N'])] };
    expect(complete('inputs: [{name: x, shape: [-1, "?"]}]', signature).manifest.inputs[0]?.shape).toEqual([
      'N',
      'T',
    ]);
  });

  test('a written shape stands where the file has none', () => {
    const signature = { inputs: [spec('x', null)], outputs: [spec('y', [1])] };
    expect(complete('inputs: [{name: x, shape: [batch, 3]}]', signature).manifest.inputs[0]?.shape).toEqual([
      'batch',
      3,
    ]);
  });

  test('the order is the model’s', () => {
    const { manifest } = complete('outputs: [{name: probabilities}, {name: label}]');
    expect(manifest.outputs.map(({ name }) => name)).toEqual(['label', 'probabilities']);
  });

  test.each([
    ['inputs: [{name: x}]', 'MANIFEST_TENSOR_UNKNOWN', 'inputs[0].name', 17, 'Did you mean "X"?'],
    [
      'outputs: [{name: probabilites}]',
      'MANIFEST_TENSOR_UNKNOWN',
      'outputs[0].name',
      18,
      'Did you mean "probabilities"?',
    ],
    [
      'outputs: [{name: something}]',
      'MANIFEST_TENSOR_UNKNOWN',
      'outputs[0].name',
      18,
      'Its outputs are: label, probabilities.',
    ],
    [
      'inputs: [{name: X, datatype: INT64}]',
      'MANIFEST_TENSOR_DATATYPE',
      'inputs[0].datatype',
      30,
      'Write datatype: FP32',
    ],
    [
      'inputs: [{name: X, shape: [batch, 4, 1]}]',
      'MANIFEST_TENSOR_SHAPE',
      'inputs[0].shape',
      27,
      'Write `shape: [batch, 4]`, or leave it out.',
    ],
    [
      'inputs: [{name: X, shape: [batch, 5]}]',
      'MANIFEST_TENSOR_SHAPE',
      'inputs[0].shape',
      27,
      'leave it out',
    ],
    [
      'inputs: [{name: X, shape: [batch, features]}]',
      'MANIFEST_TENSOR_SHAPE',
      'inputs[0].shape',
      27,
      'Write `shape: [batch, 4]`, or leave it out.',
    ],
    [
      'outputs: [{name: probabilities, labels: [a, b]}]',
      'MANIFEST_LABELS_COUNT',
      'outputs[0].labels',
      41,
      'exactly 3 labels',
    ],
  ])('%s', (text, code, path, column, hint) => {
    const error = refusal(text);
    expect(error).toMatchObject({
      code,
      exit: 2,
      details: { at: { file: 'model.yaml', line: 3, column, path } },
    });
    expect(error.remedy).toContain(hint);
    expect(error.details.expected).not.toBe(error.details.received);
  });

  test('a fixed axis says that it cannot vary', () => {
    const signature = { inputs: [spec('x', [1, 4])], outputs: [spec('y', [1])] };
    expect(refusal('inputs: [{name: x, shape: [batch, 4]}]', signature).message).toContain(
      'axis 0 is always 1, it cannot vary',
    );
  });

  test('all disagreements are found at once', () => {
    const error = refusal('inputs: [{name: X, datatype: BOOL, shape: [1]}]\noutputs: [{name: z}]');
    expect(error.details.others?.map(({ code }) => code)).toEqual([
      'MANIFEST_TENSOR_SHAPE',
      'MANIFEST_TENSOR_UNKNOWN',
    ]);
  });

  test.each(['', 'a\nb', 'a\u202eb', 'x'.repeat(600)])(
    'a tensor the file calls %j is refused by number',
    (name) => {
      const error = refusal('', { inputs: [spec('x', [1])], outputs: [spec('y', [1]), spec(name, [1])] });
      expect(error).toMatchObject({ code: 'MANIFEST_TENSOR_NAME', exit: 1 });
      expect(error.message).toContain('output number 2');
    },
  );
});

describe('labels', () => {
  const file = new Map([['l.txt', ['x', 'y', 'z']]]);

  test('come from the manifest or from the file, which stays named', () => {
    const written = complete('outputs: [{name: probabilities, labels: [a, b, c]}]').manifest.outputs[1];
    expect(written).toEqual({
      name: 'probabilities',
      datatype: 'FP32',
      shape: ['batch', 3],
      labels: ['a', 'b', 'c'],
    });
    const read = complete('outputs: [{name: probabilities, labels_file: l.txt}]', iris, file).manifest
      .outputs[1];
    expect(read).toMatchObject({ labels: ['x', 'y', 'z'], labels_file: 'l.txt' });
  });

  test('that cannot be counted are warned about', () => {
    const signature = { inputs: [spec('x', [1])], outputs: [spec('y', ['N', 'classes'])] };
    const { warnings } = complete('outputs: [{name: y, labels: [a]}]', signature);
    expect(warnings).toEqual([expect.stringContaining('"y"')]);
  });

  test('a caller that did not read the label file is told', () => {
    expect(() => complete('outputs: [{name: probabilities, labels_file: l.txt}]')).toThrow(TypeError);
  });
});

describe('inferDraft', () => {
  test.each([
    ['/models/iris.onnx', 'iris', 'iris.onnx'],
    ['/models/Iris Model.onnx', 'Iris-Model', 'Iris Model.onnx'],
    ['/models/iris/model.onnx', 'iris', 'model.onnx'],
    ['/models/iris/MODEL.ONNX', 'iris', 'MODEL.ONNX'],
    ['/model.onnx', 'model', 'model.onnx'],
  ])('%s is called %s', (file, name, path) => {
    const draft = inferDraft(file);
    expect(draft.name).toBe(name);
    expect(draft.model.path).toBe(path);
    expect(completeManifest(draft, { signature: iris }).manifest.inputs).toHaveLength(1);
  });

  test('a file name that no package can carry is refused', () => {
    expect(() => inferDraft('/models/a*b.onnx')).toThrow(
      expect.objectContaining({ code: 'MANIFEST_INVALID' }),
    );
  });
});
