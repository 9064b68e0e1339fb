import { describe, expect, test } from 'vitest';
import { v2Binary } from '../../src/bench/wires/v2-binary.ts';
import { wires } from '../../src/bench/wires.ts';
import type { Tensor } from '../../src/core/tensor.ts';

const x: Tensor = {
  name: 'X',
  datatype: 'FP32',
  shape: [2, 2],
  data: Float32Array.of(5.1, -0, 1.4, Number.NaN),
};
const ids: Tensor = {
  name: 'ids',
  datatype: 'INT64',
  shape: [2],
  data: BigInt64Array.of(7n, 2n ** 60n + 1n),
};
const texts: Tensor = { name: 't', datatype: 'BYTES', shape: [2], data: ['a"ü', Uint8Array.of(255, 0)] };

async function bodyOf(name: string, ...tensors: Tensor[]): Promise<string> {
  return (await wires.load(name)).body(tensors).bytes.toString('utf8');
}

async function readBy(name: string, text: string): Promise<object> {
  const wire = await wires.load(name);
  return Object.fromEntries(wire.read({ headers: {}, body: Buffer.from(text) }));
}

describe('requests', () => {
  test.each(['plain', 'tfs'])('%s has columns, every digit and TF Serving’s words', async (name) => {
    expect(await bodyOf(name, x, ids)).toBe(
      '{"inputs":{"X":[[5.1,-0],[1.4,NaN]],"ids":[7,1152921504606846977]}}',
    );
    expect(await bodyOf(name, texts)).toBe('{"inputs":{"t":["a\\"ü",{"b64":"/wA="}]}}');
  });

  test('v2 has flat data beside datatype and shape', async () => {
    expect(await bodyOf('v2', ids)).toBe(
      '{"inputs":[{"name":"ids","datatype":"INT64","shape":[2],"data":[7,1152921504606846977]}]}',
    );
  });

  test('v2-binary has its bytes behind a head whose length it tells', () => {
    const { headers, bytes } = v2Binary.body([x, texts]);
    const length = Number(headers['inference-header-content-length']);
    const head = JSON.parse(bytes.toString('utf8', 0, length));
    expect(head.inputs.map((input: { parameters: object }) => input.parameters)).toEqual([
      { binary_data_size: 16 },
      { binary_data_size: 8 + 4 + 2 },
    ]);
    expect(head.parameters).toEqual({ binary_data_output: true });
    expect(bytes.readFloatLE(length)).toBeCloseTo(5.1);
    expect(bytes.subarray(length + 16)).toEqual(
      Buffer.concat([Buffer.from([4, 0, 0, 0]), Buffer.from('a"ü'), Buffer.from([2, 0, 0, 0, 255, 0])]),
    );
  });

  test('a scalar has no list round it', async () => {
    const scalar: Tensor = { name: 's', datatype: 'BOOL', shape: [], data: Uint8Array.of(1) };
    expect(await bodyOf('tfs', scalar)).toBe('{"inputs":{"s":true}}');
  });
});

describe('paths', () => {
  test.each([
    { name: 'plain', alone: '/predict', named: '/predict/a%2Fb' },
    { name: 'tfs', alone: undefined, named: '/v1/models/a%2Fb:predict' },
    { name: 'v2', alone: undefined, named: '/v2/models/a%2Fb/infer' },
    { name: 'v2-binary', alone: undefined, named: '/v2/models/a%2Fb/infer' },
  ])('of $name', async ({ name, alone, named }) => {
    const wire = await wires.load(name);
    expect([wire.path(undefined), wire.path('a/b')]).toEqual([alone, named]);
  });
});

describe('answers', () => {
  test.each([
    ['rows by name', '{"predictions":[{"a":1,"b":[2]},{"a":3,"b":[4]}]}', { a: [1, 3], b: [[2], [4]] }],
    ['one row', '{"predictions":{"a":1,"b":[2]}}', { a: 1, b: [2] }],
    ['one output', '{"predictions":[[1,2]]}', { '': [[1, 2]] }],
    ['binary texts', '{"predictions":[{"b64":"/wA="}]}', { '': [{ b64: '/wA=' }] }],
  ])('plain: %s', async (_, text, wanted) => {
    expect(await readBy('plain', text)).toEqual(wanted);
  });

  test('tfs: outputs by column; words that JSON lacks; large numbers as their text', async () => {
    const text = '{"outputs":{"a":[NaN, -Infinity],"b":[1152921504606846977]}}';
    expect(await readBy('tfs', text)).toEqual({ a: ['NaN', '-Infinity'], b: ['1152921504606846977'] });
    expect(await readBy('tfs', '{"predictions":[1]}')).toEqual({ '': [1] });
  });

  test('v2: data by name', async () => {
    expect(await readBy('v2', '{"outputs":[{"name":"a","data":[1]},{"name":"b","data":["x"]}]}')).toEqual({
      a: [1],
      b: ['x'],
    });
  });

  test('v2-binary: reads what it writes, beside data in JSON', () => {
    const { headers, bytes } = v2Binary.body([ids, { ...texts, data: ['a', 'ü'] }]);
    const length = Number(headers['inference-header-content-length']);
    const { inputs } = JSON.parse(bytes.toString('utf8', 0, length));
    const head = Buffer.from(JSON.stringify({ outputs: [...inputs, { name: 'j', data: [1] }] }));
    const answer = {
      headers: { 'inference-header-content-length': String(head.length) },
      body: Buffer.concat([head, bytes.subarray(length)]),
    };
    expect(Object.fromEntries(v2Binary.read(answer))).toEqual({
      ids: [7, '1152921504606846977'],
      t: ['a', 'ü'],
      j: [1],
    });
  });

  test.each([
    ['plain', '<html>'],
    ['tfs', '{"error":"x"}'],
    ['tfs', '[1]'],
    ['v2', '{"predictions":[1]}'],
    ['v2-binary', '{"outputs":[{"name":"a","parameters":{"binary_data_size":1}}]}'],
    [
      'v2-binary',
      '{"outputs":[{"name":"a","datatype":"FP32","shape":[1],"parameters":{"binary_data_size":1}}]}',
    ],
  ])('%s: %s is none', async (name, text) => {
    await expect(readBy(name, text)).rejects.toThrow(/JSON|answer|output/);
  });
});
