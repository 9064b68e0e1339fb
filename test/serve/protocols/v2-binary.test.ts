import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Tensor, TensorSpec } from '../../../src/core/tensor.ts';
import { v2 } from '../../../src/serve/protocols/v2.ts';
import { asText } from '../../conformance/protocols.ts';
import { catalogueOf, withSignature } from '../catalogue.ts';
import { sender, shown } from '../send.ts';
import { binaryMessage, rawBytes } from './v2-client.ts';

const send = sender([v2]);
const x: TensorSpec = { name: 'x', datatype: 'FP32', shape: ['batch', 2] };
const s: TensorSpec = { name: 's', datatype: 'BYTES', shape: ['batch'] };
const model = withSignature([x, s], [x]);
const only = withSignature([x]);
const header = 'inference-header-content-length';

const floats: Tensor = { name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(1.5, -2) };
const texts: Tensor = { name: 's', datatype: 'BYTES', shape: [2], data: ['é', ''] };

async function infer(body: Uint8Array, length?: number | string, facts = model) {
  const headers = length === undefined ? {} : { [header]: String(length) };
  return send('POST', '/v2/models/iris/infer', { body, headers, catalogue: catalogueOf(facts) });
}

async function errorOf(body: Uint8Array, length?: number | string, facts = model): Promise<string> {
  const { status, document } = shown(await infer(body, length, facts));
  expect(status).toBe(400);
  return (document as { error: string }).error;
}

/** A JSON part and what follows it. */
function mixed(json: string, ...blobs: Uint8Array[]): [Buffer, number] {
  const head = Buffer.from(json);
  return [Buffer.concat([head, ...blobs]), head.length];
}

const rawInput = (name: string, shape: string, datatype: string, size: unknown) =>
  `{"name":"${name}","shape":${shape},"datatype":"${datatype}","parameters":{"binary_data_size":${size}}}`;

describe('raw tensors behind the JSON', () => {
  test('come in the order of the JSON', async () => {
    for (const order of [
      [floats, texts],
      [texts, floats],
    ]) {
      const { body, headers } = binaryMessage(order);
      const { decoded } = await infer(body, headers[header]);
      expect(decoded?.request.inputs.map(asText)).toEqual(order);
    }
  });

  test('JSON tensors between them take no bytes', async () => {
    const json = `{"inputs":[{"name":"s","shape":[1],"datatype":"BYTES","data":["a"]},${rawInput('x', '[1,2]', 'FP32', 8)}]}`;
    const { decoded } = await infer(...mixed(json, rawBytes(floats)));
    expect(decoded?.request.inputs).toEqual([{ ...texts, shape: [1], data: ['a'] }, floats]);
  });

  test('white space round the JSON part belongs to it', async () => {
    const json = ` {"inputs":[${rawInput('x', '[1,2]', 'FP32', 8)}]}\n `;
    expect((await infer(...mixed(json, rawBytes(floats)))).decoded?.request.inputs).toEqual([floats]);
  });

  test('bits are kept: payloads of NaN, negative zero, subnormals', async () => {
    const data = new Float32Array(Uint32Array.of(0x7fc12345, 0x80000000, 1, 0xff800000).buffer);
    const { body, headers } = binaryMessage([{ ...floats, shape: [2, 2], data }]);
    const read = (await infer(body, headers[header])).decoded?.request.inputs[0]?.data as Float32Array;
    expect(rawBytes({ ...floats, data: read })).toEqual(rawBytes({ ...floats, data }));
  });

  test('an empty tensor has an empty blob, and needs no header', async () => {
    const json = `{"inputs":[${rawInput('x', '[0,2]', 'FP32', 0)}]}`;
    const [body] = mixed(json);
    expect((await infer(body)).decoded?.request.inputs).toMatchObject([{ shape: [0, 2] }]);
    expect((await infer(body, body.length)).decoded?.request.inputs).toMatchObject([{ shape: [0, 2] }]);
  });

  test('all of the body may be JSON', async () => {
    const [body, length] = mixed('{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":[1,2]}]}');
    expect((await infer(body, length)).decoded?.request.inputs).toMatchObject([{ name: 'x' }]);
  });
});

describe('refusals of raw tensors', () => {
  const json = `{"inputs":[${rawInput('x', '[1,2]', 'FP32', 8)}]}`;
  const [body, length] = mixed(json, rawBytes(floats));

  test.each([
    body.length + 1,
    2 ** 40,
    -1,
    '',
    ' ',
    'abc',
    '1, 2',
    '0x10',
    '1e2',
    '9'.repeat(30),
    '1.5',
    '+5',
  ])('a header length of %j', async (given) => {
    expect(await errorOf(body, given)).toContain(
      `inference header size should be in range (0, ${body.length}), got: ${given}.`,
    );
  });

  test('a header length inside the JSON or inside the blobs', async () => {
    for (let given = 1; given <= body.length; given++)
      if (given !== length) expect(await errorOf(body, given)).not.toBe('');
  });

  test('no header although there are blobs', async () => {
    expect(await errorOf(body)).toContain("unexpected size for input 'x', expecting 8 additional bytes.");
  });

  test('fewer and more bytes than named', async () => {
    expect(await errorOf(body.subarray(0, -3), length)).toContain('expecting 3 additional bytes');
    expect(await errorOf(Buffer.concat([body, body]), length)).toContain(
      `unexpected additional input data: ${body.length} bytes that belong to no input.`,
    );
  });

  test.each([4, 12, 2 ** 52])('a binary_data_size of %d for eight bytes of shape', async (size) => {
    await errorOf(...mixed(json.replace(':8}', `:${size}}`), rawBytes(floats)));
    await errorOf(...mixed(json.replace(':8}', `:${size}}`), Buffer.alloc(size === 2 ** 52 ? 8 : size)));
  });

  test.each(['-8', '8.5', '"8"', 'true', '1e30', 'NaN'])('a binary_data_size of %s', async (size) => {
    expect(await errorOf(...mixed(json.replace(':8}', `:${size}}`), rawBytes(floats)))).toContain(
      'which is no number of bytes',
    );
  });

  test('data and binary_data_size at once', async () => {
    const double = json.replace('"datatype"', '"data":[1,2],"datatype"');
    expect(await errorOf(...mixed(double, rawBytes(floats)))).toContain('has both data and binary_data_size');
  });

  test('shapes that claim far more than there is', async () => {
    const huge = json.replace('[1,2]', '[1048576,1048576]');
    expect(await errorOf(...mixed(huge, rawBytes(floats)))).toContain('takes 4398046511104');
    const strings = `{"inputs":[${rawInput('s', '[4294967296]', 'BYTES', 8)}]}`;
    expect(await errorOf(...mixed(strings, rawBytes(floats)))).toContain('are the most at once');
  });

  test('any change of a few bytes is taken or refused with 400', async () => {
    const good = binaryMessage([floats, texts]);
    const given = Number(good.headers[header]);
    const change = fc.tuple(
      fc.nat(),
      fc.uint8Array({ maxLength: 3 }),
      fc.nat({ max: 3 }),
      fc.integer({ min: -2, max: 2 }),
    );
    await fc.assert(
      fc.asyncProperty(change, async ([at, put, cut, shift]) => {
        const place = at % good.body.length;
        const damaged = Buffer.concat([good.body.subarray(0, place), put, good.body.subarray(place + cut)]);
        const sent = await infer(damaged, given + shift);
        if (!sent.decoded) expect(shown(sent).status).toBeLessThan(500);
        if (sent.error) expect([400, 501]).toContain(sent.error.http);
      }),
      { numRuns: 2000 },
    );
  });

  test('any header value is taken or refused with 400', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string(), fc.integer().map(String), fc.bigInt().map(String)),
        async (given) => {
          const sent = await infer(body, given, only);
          if (sent.error) expect(sent.error.http).toBe(400);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('a raw binary request (header length 0)', () => {
  const raw = (bytes: Uint8Array, spec: TensorSpec) => infer(bytes, 0, withSignature([spec]));

  test('is the only input, with batch 1 and one free length', async () => {
    const { decoded } = await raw(rawBytes(floats), x);
    expect(decoded?.request.inputs).toEqual([floats]);
    const free = await raw(new Uint8Array(24), { ...x, shape: ['batch', 'time', 2] });
    expect(free.decoded?.request.inputs[0]?.shape).toEqual([1, 3, 2]);
    const fixed = await raw(new Uint8Array(8), { ...x, shape: [1, 2] });
    expect(fixed.decoded?.request.inputs[0]?.shape).toEqual([1, 2]);
  });

  test.each<[readonly (string | number)[], number, number[]]>([
    [['n'], 8, [2]],
    [['batch', 2], 24, [3, 2]],
    [[2, 'n'], 24, [2, 3]],
    [['batch', 'n'], 12, [1, 3]],
    [[1, 'n', 2], 16, [1, 2, 2]],
  ])('the size tells the one free length: %j', async (shape, size, told) => {
    const { decoded } = await raw(new Uint8Array(size), { ...x, shape });
    expect(decoded?.request.inputs).toEqual([{ ...floats, shape: told, data: new Float32Array(size / 4) }]);
  });

  test('a size that fits no length is refused with the next one that would', async () => {
    expect(await errorOf(new Uint8Array(12), 0, only)).toContain(
      '12 bytes of binary data, but [2,2] of FP32 takes 16',
    );
    expect(await errorOf(new Uint8Array(4), 0, only)).toContain(
      '4 bytes of binary data, but [1,2] of FP32 takes 8',
    );
  });

  test('is one string as it is', async () => {
    const { decoded } = await raw(Buffer.from('any text'), s);
    expect(decoded?.request.inputs.map(asText)).toEqual([{ ...texts, shape: [1], data: ['any text'] }]);
  });

  test('answers in raw bytes', async () => {
    const { decoded } = await raw(rawBytes(floats), x);
    const reply = decoded!.encode({ model: 'iris', version: '1', outputs: [floats] });
    expect(reply.headers['content-type']).toBe('application/octet-stream');
  });

  test.each<[string, number, TensorSpec[]]>([
    ['several inputs', 8, [x, s]],
    ['no rank', 8, [{ ...x, shape: null }]],
    ['two free lengths', 8, [{ ...x, shape: ['batch', 'a', 'b'] }]],
    ['several strings', 8, [{ ...s, shape: ['batch', 2] }]],
    ['free strings', 8, [{ ...s, shape: ['batch', 'n'] }]],
    ['a rest', 9, [x]],
    ['another size', 12, [x]],
    ['a rest of a free length', 12, [{ ...x, shape: ['batch', 'n', 2] }]],
    ['an axis of zero', 4, [{ ...x, shape: [0, 'n'] }]],
  ])('is refused for %s', async (_, size, specs) => {
    expect(await errorOf(new Uint8Array(size), 0, withSignature(specs))).not.toBe('');
  });
});
