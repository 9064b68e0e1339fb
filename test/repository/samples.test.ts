import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeFloat16 } from '../../src/core/float16.ts';
import {
  type AnyTensorData,
  allocate,
  type Datatype,
  datatypes,
  type Tensor,
  type TensorSpec,
} from '../../src/core/tensor.ts';
import { readSample, writeSample } from '../../src/repository/samples.ts';

let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mdeploy-samples-'));
  file = join(folder, 'sample.json');
});

afterAll(() => rm(folder, { recursive: true }));

function spec(datatype: Datatype, shape: TensorSpec['shape'], name = 'X'): TensorSpec {
  return { name, datatype, shape };
}

async function read(document: string, ...specs: TensorSpec[]): Promise<Tensor[]> {
  await writeFile(file, document);
  return readSample(file, specs);
}

async function one(document: string, only: TensorSpec): Promise<Tensor> {
  return (await read(document, only))[0]!;
}

const iris = spec('FP32', ['batch', 4]);

describe('readSample', () => {
  it('reads the long form with flat data', async () => {
    const text = '{"X": {"datatype": "FP32", "shape": [2, 4], "data": [5.1, 3.5, 1.4, 0.2, 1, 2, 3, 4]}}';
    expect(await one(text, iris)).toEqual({
      name: 'X',
      datatype: 'FP32',
      shape: [2, 4],
      data: Float32Array.of(5.1, 3.5, 1.4, 0.2, 1, 2, 3, 4),
    });
  });

  it('reads nested data and the short form alike', async () => {
    const long = await one('{"X": {"data": [[5.1, 3.5, 1.4, 0.2]]}}', iris);
    const short = await one('{"X": [[5.1, 3.5, 1.4, 0.2]]}', iris);
    expect(long).toEqual(short);
    expect(short.shape).toEqual([1, 4]);
  });

  it('reads scalars and empty tensors', async () => {
    expect(await one('{"X": 16000}', spec('INT64', []))).toMatchObject({
      shape: [],
      data: BigInt64Array.of(16000n),
    });
    expect(await one('{"X": []}', spec('FP32', ['n']))).toMatchObject({
      shape: [0],
      data: new Float32Array(0),
    });
    const wide = await one('{"X": {"shape": [0, 4], "data": []}}', iris);
    expect(wide.shape).toEqual([0, 4]);
  });

  it('takes any shape where the rank is unknown', async () => {
    expect((await one('{"X": [[[1]]]}', spec('FP32', null))).shape).toEqual([1, 1, 1]);
  });

  it('keeps 64-bit integers exact, as numbers or text', async () => {
    const text = '{"X": [9007199254740993, "-9223372036854775808", 9223372036854775807, 7]}';
    const { data } = await one(text, spec('INT64', ['n']));
    expect(data).toEqual(BigInt64Array.of(2n ** 53n + 1n, -(2n ** 63n), 2n ** 63n - 1n, 7n));
    const unsigned = await one('{"X": [18446744073709551615]}', spec('UINT64', ['n']));
    expect(unsigned.data).toEqual(BigUint64Array.of(2n ** 64n - 1n));
  });

  it('reads NaN, infinities and whole numbers too large for an integer as floats', async () => {
    const { data } = await one(
      '{"X": ["NaN", "Infinity", "-Infinity", 100000000000000000000]}',
      spec('FP64', ['n']),
    );
    expect(data).toEqual(
      Float64Array.of(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e20),
    );
  });

  it('reads text and bytes', async () => {
    const { data } = await one('{"X": ["größe\\n", "", {"b64": "AP8="}]}', spec('BYTES', ['n']));
    expect(data).toEqual(['größe\n', '', Uint8Array.of(0, 255)]);
  });

  it('reads booleans as words and digits', async () => {
    expect((await one('{"X": [true, false, 1, 0]}', spec('BOOL', [4]))).data).toEqual(
      Uint8Array.of(1, 0, 1, 0),
    );
  });

  it('rounds to FP16', async () => {
    const { data } = await one('{"X": [0.1, 65504]}', spec('FP16', [2]));
    expect([...(data as Uint16Array)].map(decodeFloat16)).toEqual([0.0999755859375, 65504]);
  });

  it('returns tensors in the order of the signature and treats odd names as plain ones', async () => {
    const names = ['b', '__proto__', 'constructor'];
    const specs = names.map((name) => spec('FP32', [1], name));
    const tensors = await read('{"constructor": [1], "__proto__": [2], "b": [3]}', ...specs);
    expect(tensors.map((tensor) => [tensor.name, tensor.data[0]])).toEqual([
      ['b', 3],
      ['__proto__', 2],
      ['constructor', 1],
    ]);
  });

  it('may leave outputs out only when told so', async () => {
    await writeFile(file, '{"b": [1]}');
    const specs = [spec('FP32', [1], 'a'), spec('FP32', [1], 'b')];
    expect(await readSample(file, specs, { partial: true })).toHaveLength(1);
    await expect(readSample(file, specs)).rejects.toMatchObject({
      code: 'SAMPLE_MISFIT',
      details: { field: 'a' },
    });
  });
});

describe('a sample that is wrong', () => {
  it.each([
    ['{"X": [1,', 'JSON'],
    ['[1, 2]', 'the top level is not an object'],
    ['', 'JSON'],
  ])('%s is malformed', async (text, reason) => {
    const error = await read(text, iris).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'SAMPLE_MALFORMED', exit: 2, details: { at: { file } } });
    expect((error as Error).message).toContain(reason);
  });

  it('must hold a tensor', async () => {
    await writeFile(file, '{}');
    await expect(readSample(file, [iris], { partial: true })).rejects.toMatchObject({
      code: 'SAMPLE_MALFORMED',
    });
  });

  it('must be readable', async () => {
    const missing = join(folder, 'none.json');
    await expect(readSample(missing, [iris])).rejects.toMatchObject({ code: 'FILE_UNREADABLE', exit: 2 });
  });

  it.each([
    ['{"x": [[1,2,3,4]]}', 'names', 'one of X (did you mean "X"?)', '"x"'],
    ['{}', 'X', 'a tensor FP32[batch,4]', 'nothing'],
    ['{"X": {"datatype": "FP64", "data": [[1,2,3,4]]}}', 'X.datatype', 'FP32', '"FP64"'],
    ['{"X": {"datatype": 7, "data": [[1,2,3,4]]}}', 'X.datatype', 'a datatype, FP32', '7'],
    ['{"X": {"shape": [1, 4]}}', 'X.data', 'a list of elements', 'nothing'],
    ['{"X": {"shape": [1, 4], "values": []}}', 'X.values', 'only datatype, shape and data', 'this key'],
    ['{"X": {"shape": [1, -4], "data": []}}', 'X.shape', 'a list of lengths', '[1,-4]'],
    ['{"X": {"shape": "1,4", "data": []}}', 'X.shape', 'a list of lengths', '"1,4"'],
    ['{"X": {"shape": [1, 3], "data": [1,2,3]}}', 'X.shape', 'FP32[batch,4]', 'FP32[1,3]'],
    ['{"X": [1,2,3,4]}', 'X.shape', 'FP32[batch,4]', 'FP32[4]'],
    ['{"X": {"shape": [1, 4], "data": [1,2,3]}}', 'X.data', '4 elements for shape [1,4]', '3'],
    ['{"X": [[1,2,3,4],[1,2,3]]}', 'X.data[1]', 'a list of 4', 'a list of 3'],
    ['{"X": [[1,2,3,4],5]}', 'X.data[1]', 'a list of 4', '5'],
    ['{"X": [[1,2,"3",4]]}', 'X.data[2]', 'a number within FP32', '"3"'],
    ['{"X": [[1,2,null,4]]}', 'X.data[2]', 'a number within FP32', 'null'],
    ['{"X": [[1,2,[3],4]]}', 'X.data[2]', 'a number within FP32', '[3]'],
    ['{"X": [[1,2,1e39,4]]}', 'X.data[2]', 'a number within FP32', '1e+39'],
  ])('%s names %s', async (text, field, expected, received) => {
    const error = await read(text, iris).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'SAMPLE_MISFIT', details: { field, expected, received } });
    expect((error as Error).message).toContain(`${file}, ${field}`);
  });

  it.each([
    ['UINT8', '256', 'an integer from 0 to 255'],
    ['INT8', '-129', 'an integer from -128 to 127'],
    ['INT32', '1.5', 'an integer from -2147483648 to 2147483647'],
    ['UINT64', '-1', 'an integer from 0 to 18446744073709551615'],
    ['INT64', '9223372036854775808', 'an integer from -9223372036854775808 to 9223372036854775807'],
    ['INT64', '"12x"', 'an integer from -9223372036854775808 to 9223372036854775807'],
    ['FP16', '65520', 'a number within FP16'],
    ['FP64', '1e400', 'a number'],
    ['BOOL', '2', 'true or false'],
    ['BYTES', '{"b64": "?"}', 'text or {"b64": "..."}'],
    ['BYTES', '7', 'text or {"b64": "..."}'],
  ] as const)('%s does not take %s', async (datatype, element, expected) => {
    const reading = read(`{"X": [${element}]}`, spec(datatype, ['n']));
    await expect(reading).rejects.toMatchObject({ details: { field: 'X.data[0]', expected } });
  });

  it('is refused, not followed, when nested deep', async () => {
    const deep = (levels: number) => `{"X": ${'['.repeat(levels)}${']'.repeat(levels)}}`;
    await expect(read(deep(200), iris)).rejects.toMatchObject({ details: { field: 'X.shape' } });
    await expect(read(deep(100_000), iris)).rejects.toThrow('it is nested too deep');
    await expect(read(deep(200), spec('FP32', null))).rejects.toMatchObject({ code: 'SAMPLE_MISFIT' });
  });
});

describe('writeSample', () => {
  it.each(datatypes)('gives zeros of %s back', async (datatype) => {
    const tensor = { name: 'X', datatype, shape: [2, 2], data: allocate(datatype, 4) };
    await writeSample(file, [tensor]);
    expect(await readSample(file, [spec(datatype, [2, 2])])).toEqual([tensor]);
  });

  it('writes FP32 with the digits people typed', async () => {
    await writeSample(file, [{ name: 'X', datatype: 'FP32', shape: [2], data: Float32Array.of(5.1, 0.1) }]);
    expect(await readFile(file, 'utf8')).toBe(
      '{\n  "X": {"datatype":"FP32","shape":[2],"data":[5.1,0.1]}\n}\n',
    );
  });

  it.each([
    ['FP32', fc.float(), (list: number[]) => Float32Array.from(list)],
    ['FP64', fc.double(), (list: number[]) => Float64Array.from(list)],
    [
      'INT64',
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      (list: bigint[]) => BigInt64Array.from(list),
    ],
    ['UINT64', fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (list: bigint[]) => BigUint64Array.from(list)],
    ['BYTES', fc.oneof(fc.string({ unit: 'grapheme' }), fc.uint8Array()), (list: never[]) => list],
  ] as const)('gives random %s back to the bit', async (datatype, arbitrary, toData) => {
    await fc.assert(
      fc.asyncProperty(fc.array(arbitrary as fc.Arbitrary<never>, { maxLength: 20 }), async (list) => {
        const data = toData(list) as AnyTensorData;
        await writeSample(file, [{ name: 'X', datatype, shape: [list.length], data }]);
        const [back] = await readSample(file, [spec(datatype, ['n'])]);
        for (let i = 0; i < list.length; i++) expect(back!.data[i]).toEqual(data[i]);
      }),
      { numRuns: 40 },
    );
  });
});
