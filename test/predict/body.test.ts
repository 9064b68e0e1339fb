import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Tensor, TensorSpec } from '../../src/core/tensor.ts';
import { toJson } from '../../src/predict/body.ts';

const unasked = () => Promise.reject(new Error('the server was asked for its inputs'));
const specs =
  (...inputs: TensorSpec[]) =>
  () =>
    Promise.resolve(inputs);
const tensors = (...given: Tensor[]) => toJson({ kind: 'tensors', tensors: given }, unasked);

describe('a request body', () => {
  test('of one unnamed tensor is its nested lists', async () => {
    const data = Float32Array.of(0.1, 2, -3.5, 1e-7);
    expect(await tensors({ name: '', datatype: 'FP32', shape: [2, 2], data })).toBe(
      '{"inputs": [[0.1, 2], [-3.5, 1e-7]]}',
    );
  });

  test('of named tensors has them by name, every digit kept', async () => {
    const ids: Tensor = {
      name: 'ids',
      datatype: 'INT64',
      shape: [1],
      data: BigInt64Array.of(2n ** 53n + 1n),
    };
    const flags: Tensor = { name: 'flags', datatype: 'BOOL', shape: [2], data: Uint8Array.of(0, 1) };
    const halves: Tensor = { name: 'h', datatype: 'FP16', shape: [], data: Uint16Array.of(0x3e00) };
    const text: Tensor = { name: 't', datatype: 'BYTES', shape: [2], data: ['a"b', Uint8Array.of(255)] };
    expect(await tensors(ids, flags, halves, text)).toBe(
      '{"inputs": {"ids": [9007199254740993], "flags": [false, true], "h": 1.5, "t": ["a\\"b", {"b64": "/w=="}]}}',
    );
  });

  test('spells what JSON has no number for as TF Serving does', async () => {
    const data = Float64Array.of(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0);
    expect(await tensors({ name: '', datatype: 'FP64', shape: [4], data })).toBe(
      '{"inputs": [NaN, Infinity, -Infinity, -0.0]}',
    );
  });

  test('keeps FP32 values to the bit', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.float32Array({ noNaN: true, noDefaultInfinity: true, minLength: 1 }),
        async (data) => {
          const text = await tensors({ name: '', datatype: 'FP32', shape: [data.length], data });
          expect(Float32Array.from((JSON.parse(text) as { inputs: number[] }).inputs)).toEqual(data);
        },
      ),
    );
  });

  test('of a picture is base64, one row', async () => {
    expect(await toJson({ kind: 'file', bytes: Uint8Array.of(1, 2) }, unasked)).toBe(
      '{"inputs": [{"b64": "AQI="}]}',
    );
  });

  test('of rows without a header is the rows', async () => {
    const rows = [['1', '"a"']];
    expect(await toJson({ kind: 'rows', columns: undefined, rows }, unasked)).toBe('{"inputs": [[1, "a"]]}');
  });

  test('of rows with a header is by input where the header names inputs', async () => {
    const rows = [
      ['39', '"x"'],
      ['40', '"y"'],
    ];
    const inputs = specs(
      { name: 'age', datatype: 'FP32', shape: ['batch', 1] },
      { name: 'city', datatype: 'BYTES', shape: ['batch'] },
    );
    expect(await toJson({ kind: 'rows', columns: ['age', 'city'], rows }, inputs)).toBe(
      '{"inputs": {"age": [[39], [40]], "city": ["x", "y"]}}',
    );
  });

  test('loses no row where all is text: only a header that names the input is one', async () => {
    const inputs = specs({ name: 'text', datatype: 'BYTES', shape: ['batch', 1] });
    const rows = [['"bad"']];
    const headed = (header: string) => ({
      kind: 'rows' as const,
      columns: [header],
      header: [`"${header}"`],
      rows,
    });
    expect(await toJson(headed('good'), inputs)).toBe('{"inputs": [["good"], ["bad"]]}');
    expect(await toJson(headed('text'), inputs)).toBe('{"inputs": {"text": [["bad"]]}}');
  });

  test('drops a header that names features, not inputs', async () => {
    const inputs = specs({ name: 'X', datatype: 'FP32', shape: ['batch', 2] });
    expect(await toJson({ kind: 'rows', columns: ['a', 'b'], rows: [['1', '2']] }, inputs)).toBe(
      '{"inputs": [[1, 2]]}',
    );
  });
});
