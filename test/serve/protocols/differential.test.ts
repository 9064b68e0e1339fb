import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Datatype,
  datatypes,
  elementCount,
  type Tensor,
  type TensorSpec,
} from '../../../src/core/tensor.ts';
import { readBinary } from '../../../src/serve/codecs/binary-tensor.ts';
import type { Protocol, RawReply } from '../../../src/serve/protocol.ts';
import { kserve } from '../../../src/serve/protocols/kserve.ts';
import { plain } from '../../../src/serve/protocols/plain.ts';
import { tfs } from '../../../src/serve/protocols/tfs.ts';
import { v2 } from '../../../src/serve/protocols/v2.ts';
import { asText } from '../../conformance/protocols.ts';
import { catalogueOf, withSignature } from '../catalogue.ts';
import { sender } from '../send.ts';
import { byName } from './by-name.ts';
import { binaryMessage, jsonMessage, rawBytes, readReply, type V2Message } from './v2-client.ts';

interface Dialect {
  readonly name: string;
  readonly protocol: Protocol;
  readonly path: string;
  message(tensor: Tensor): V2Message;
}

const nested = (tensor: Tensor): V2Message => ({
  body: Buffer.from(`{"inputs":${byName([tensor])}}`),
  headers: {},
});

/** Bit patterns of every kind of value; JSON has one NaN only. */
const elements: Readonly<Record<Datatype, fc.Arbitrary<unknown>>> = {
  BOOL: fc.nat({ max: 1 }),
  UINT8: fc.integer({ min: 0, max: 255 }),
  UINT16: fc.integer({ min: 0, max: 65_535 }),
  UINT32: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  UINT64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  INT8: fc.integer({ min: -128, max: 127 }),
  INT16: fc.integer({ min: -32_768, max: 32_767 }),
  INT32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  INT64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  FP16: fc
    .integer({ min: 0, max: 65_535 })
    .map((bits) => ((bits & 0x7c00) === 0x7c00 && bits & 0x3ff ? 0x7e00 : bits)),
  FP32: fc.float(),
  FP64: fc.double(),
  BYTES: fc.string({ unit: 'grapheme' }),
};

const arrays = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  FP16: Uint16Array,
  FP32: Float32Array,
  FP64: Float64Array,
} as const;

function dataOf(datatype: Datatype, values: unknown[]): Tensor['data'] {
  if (datatype === 'BYTES') return values as string[];
  if (datatype === 'INT64') return BigInt64Array.from(values as bigint[]);
  if (datatype === 'UINT64') return BigUint64Array.from(values as bigint[]);
  return arrays[datatype].from(values as number[]);
}

function tensors(datatype: Datatype): fc.Arbitrary<Tensor> {
  return fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 3 }).chain((shape) => {
    const length = elementCount(shape);
    return fc
      .array(elements[datatype], { minLength: length, maxLength: length })
      .map((values) => ({ name: 'x', datatype, shape, data: dataOf(datatype, values) }));
  });
}

const dialects: readonly Dialect[] = [
  { name: 'plain', protocol: plain, path: '/predict', message: nested },
  { name: 'tfs', protocol: tfs, path: '/v1/models/iris:predict', message: nested },
  { name: 'kserve', protocol: kserve, path: '/v1/models/iris:predict', message: nested },
  {
    name: 'v2 JSON',
    protocol: v2,
    path: '/v2/models/iris/infer',
    message: (tensor) => jsonMessage([tensor]),
  },
  {
    name: 'v2 binary',
    protocol: v2,
    path: '/v2/models/iris/infer',
    message: (tensor) => binaryMessage([tensor], { parameters: { binary_data_output: true } }),
  },
];

async function exchange(
  { protocol, path, message }: Dialect,
  tensor: Tensor,
): Promise<{ read: Tensor; reply: RawReply }> {
  const spec: TensorSpec = {
    name: 'x',
    datatype: tensor.datatype,
    shape: ['batch', ...tensor.shape.slice(1)],
  };
  const catalogue = catalogueOf(withSignature([spec], [spec]));
  const { decoded, error } = await sender([protocol])('POST', path, { ...message(tensor), catalogue });
  if (!decoded) throw error;
  const [read] = decoded.request.inputs;
  return { read: read!, reply: decoded.encode({ model: 'iris', version: '1', outputs: [tensor] }) };
}

describe('the same tensor over every dialect', () => {
  test.each(datatypes)('%s arrives bit for bit', async (datatype) => {
    await fc.assert(
      fc.asyncProperty(tensors(datatype), async (tensor) => {
        for (const dialect of dialects) {
          const { read } = await exchange(dialect, tensor);
          expect(read).toMatchObject({ name: 'x', datatype, shape: tensor.shape });
          expect(rawBytes(asText(read)), dialect.name).toEqual(rawBytes(tensor));
        }
      }),
      { numRuns: 60 },
    );
  });

  test.each(datatypes)('%s leaves bit for bit: v2 JSON read back by v2, v2 binary', async (datatype) => {
    await fc.assert(
      fc.asyncProperty(tensors(datatype), async (tensor) => {
        const binary = readReply((await exchange(dialects[4]!, tensor)).reply).blobs.get('x')!;
        expect(binary).toEqual(rawBytes(tensor));
        expect(rawBytes(asText({ ...tensor, data: readBinary(binary, tensor) }))).toEqual(rawBytes(tensor));
        const text = Buffer.from((await exchange(dialects[3]!, tensor)).reply.body).toString();
        const again = {
          ...dialects[3]!,
          message: () => ({ body: Buffer.from(asRequest(text)), headers: {} }),
        };
        expect(rawBytes((await exchange(again, tensor)).read)).toEqual(rawBytes(tensor));
      }),
      { numRuns: 60 },
    );
  });
});

/** The outputs of a reply as the inputs of a request. */
function asRequest(reply: string): string {
  return `{"inputs":${reply.slice(reply.indexOf('"outputs":') + '"outputs":'.length)}`;
}

describe('the same fault over every dialect', () => {
  const wrong: Tensor = { name: 'x', datatype: 'BYTES', shape: [1, 2], data: ['a', 'b'] };
  const spec: TensorSpec = { name: 'x', datatype: 'FP32', shape: ['batch', 2] };

  test.each(dialects.map((dialect) => [dialect.name, dialect] as const))(
    '%s: 400 and 404',
    async (_, dialect) => {
      const send = sender([dialect.protocol]);
      const status = async (
        body: string | Uint8Array,
        headers: Readonly<Record<string, string>>,
        name: string,
      ) => {
        const path = dialect.path.replace('iris', name);
        const catalogue = catalogueOf(withSignature([spec]));
        return (await send('POST', path, { body, headers, catalogue })).reply?.status;
      };
      const { body, headers } = dialect.message(wrong);
      expect(await status(body, headers, 'iris')).toBe(400);
      expect(await status('{"inputs"', {}, 'iris')).toBe(400);
      expect(await status('', {}, 'iris')).toBe(400);
      if (dialect.path.includes('iris')) expect(await status(body, headers, 'nope')).toBe(404);
    },
  );
});
