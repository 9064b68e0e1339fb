import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { datatypes, type Tensor, type TensorSpec } from '../../../src/core/tensor.ts';
import { readBinary } from '../../../src/serve/codecs/binary-tensor.ts';
import type { Protocol, RawReply } from '../../../src/serve/protocol.ts';
import { kserve } from '../../../src/serve/protocols/kserve.ts';
import { mlflow } from '../../../src/serve/protocols/mlflow.ts';
import { plain } from '../../../src/serve/protocols/plain.ts';
import { sagemakerFor } from '../../../src/serve/protocols/sagemaker.ts';
import { tfs } from '../../../src/serve/protocols/tfs.ts';
import { torchserve } from '../../../src/serve/protocols/torchserve.ts';
import { v2 } from '../../../src/serve/protocols/v2.ts';
import { vertexFor } from '../../../src/serve/protocols/vertex.ts';
import { asText } from '../../conformance/protocols.ts';
import { catalogueOf, withSignature } from '../catalogue.ts';
import { sender } from '../send.ts';
import { tensors } from './any-tensor.ts';
import { byName, frameBody, value } from './by-name.ts';
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
  { name: 'mlflow inputs', protocol: mlflow, path: '/invocations', message: nested },
  {
    name: 'mlflow dataframe_split',
    protocol: mlflow,
    path: '/invocations',
    message: (tensor) => ({ body: Buffer.from(`{"dataframe_split":${frameBody([tensor])}}`), headers: {} }),
  },
  { name: 'sagemaker', protocol: sagemakerFor({}), path: '/invocations', message: nested },
  {
    name: 'torchserve',
    protocol: torchserve,
    path: '/predictions/iris',
    message: (tensor) => ({ ...nested(tensor), headers: { 'content-type': 'application/json' } }),
  },
  {
    name: 'vertex',
    protocol: vertexFor({}),
    path: '/v1/endpoints/1/deployedModels/2:predict',
    message: (tensor) => ({ body: Buffer.from(`{"instances":${value(tensor)}}`), headers: {} }),
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
