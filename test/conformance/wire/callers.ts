import { allocate, type Datatype, type Tensor } from '../../../src/core/tensor.ts';
import { toHalf } from '../../fixtures.ts';
import type { GrpcClient } from '../../serve/grpc-client.ts';
import { grpcCallers } from '../../serve/protocols/grpc-callers.ts';
import { binaryMessage, jsonMessage, readReply, type V2Message } from '../../serve/protocols/v2-client.ts';

export interface Address {
  readonly url: string;
  readonly grpc: GrpcClient;
}

/** Sends tensors to a model over one protocol and reads the outputs of the answer. @throws Error with the server's words */
export interface WireCaller {
  readonly name: string;
  call(to: Address, model: string, inputs: readonly Tensor[]): Promise<readonly Tensor[]>;
}

export const wireCallers: readonly WireCaller[] = [
  {
    name: 'v2 REST, binary',
    call: (to, model, inputs) =>
      overRest(to, model, binaryMessage(inputs, { parameters: { binary_data_output: true } })),
  },
  { name: 'v2 REST, JSON', call: (to, model, inputs) => overRest(to, model, jsonMessage(inputs)) },
  overGrpc('v2 gRPC', 'v2, raw contents'),
  overGrpc('TF Serving gRPC', 'tfs, typed lists'),
];

async function overRest({ url }: Address, model: string, { body, headers }: V2Message) {
  const response = await fetch(`${url}/v2/models/${model}/infer`, { method: 'POST', body, headers });
  const bytes = Buffer.from(await response.arrayBuffer());
  if (!response.ok) throw new Error(`HTTP ${response.status}: ${bytes.toString()}`);
  const length = response.headers.get('inference-header-content-length');
  const json = quoted(bytes.toString('utf8', 0, length === null ? bytes.length : Number(length)));
  const { document, blobs } = readReply({
    status: 200,
    headers: { 'inference-header-content-length': String(Buffer.byteLength(json)) },
    body: Buffer.concat([Buffer.from(json), length === null ? empty : bytes.subarray(Number(length))]),
  });
  return document.outputs.map(({ name, datatype, shape, data }) => {
    const blob = blobs.get(name);
    return { name, datatype, shape, data: blob ? fromBytes(datatype, blob) : fromJson(datatype, data ?? []) };
  });
}

const empty = Buffer.alloc(0);

// JSON has no NaN and no infinities, and JavaScript's reader rounds large integers: all of them become texts.
function quoted(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN|(?<![\w.+-])-?\d{16,}(?![\d.eE])/g, (token) =>
    token.startsWith('"') ? token : `"${token}"`,
  );
}

function fromJson(datatype: Datatype, values: readonly unknown[]): Tensor['data'] {
  if (datatype === 'BYTES') return values.map(String);
  if (datatype === 'INT64' || datatype === 'UINT64') {
    const large = allocate(datatype, values.length);
    for (const [index, value] of values.entries()) large[index] = BigInt(String(value));
    return large;
  }
  const data = allocate(datatype, values.length) as Float64Array;
  for (const [index, value] of values.entries())
    data[index] = datatype === 'FP16' ? toHalf(Number(value)) : Number(value);
  return data;
}

function fromBytes(datatype: Datatype, bytes: Buffer): Tensor['data'] {
  if (datatype !== 'BYTES') {
    const width = allocate(datatype, 1).byteLength;
    const data = allocate(datatype, bytes.length / width);
    new Uint8Array(data.buffer).set(bytes);
    return data;
  }
  const items: string[] = [];
  for (let at = 0; at < bytes.length; at += 4 + bytes.readUInt32LE(at))
    items.push(bytes.toString('utf8', at + 4, at + 4 + bytes.readUInt32LE(at)));
  return items;
}

function overGrpc(name: string, form: string): WireCaller {
  const { method, request, tensors } = grpcCallers.find((caller) => caller.name === form)!;
  return {
    name,
    call: async ({ grpc }, model, inputs) => tensors(await grpc.call(method, request(model, inputs)), []),
  };
}
