import type { BytesElement, Tensor } from '../../../src/core/tensor.ts';
import { elementCount } from '../../../src/core/tensor.ts';
import { writeTensor } from '../../../src/serve/codecs/json-write.ts';
import { JsonWriter } from '../../../src/serve/codecs/json-writer.ts';
import type { RawReply } from '../../../src/serve/protocol.ts';

/** What a v2 client sends: the body, and the header it needs when raw tensors follow the JSON. */
export interface V2Message {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

export interface V2Output {
  readonly name: string;
  readonly datatype: Tensor['datatype'];
  readonly shape: number[];
  readonly data?: unknown[];
  readonly parameters?: { readonly binary_data_size: number };
}

/** A request with its values flat in JSON; `more` are further keys. */
export function jsonMessage(tensors: readonly Tensor[], more: object = {}): V2Message {
  const inputs = tensors.map((tensor) => `${head(tensor)},"data":${flat(tensor)}}`);
  return { body: Buffer.from(`{"inputs":[${inputs.join()}]${rest(more)}}`), headers: {} };
}

/** A request with its values behind the JSON. */
export function binaryMessage(tensors: readonly Tensor[], more: object = {}): V2Message {
  const blobs = tensors.map(rawBytes);
  const inputs = tensors.map(
    (tensor, index) => `${head(tensor)},"parameters":{"binary_data_size":${blobs[index]!.length}}}`,
  );
  const json = Buffer.from(`{"inputs":[${inputs.join()}]${rest(more)}}`);
  return {
    body: Buffer.concat([json, ...blobs]),
    headers: { 'inference-header-content-length': String(json.length) },
  };
}

/** The JSON part of a reply and the raw bytes of each output that has some. */
export function readReply({ headers, body }: RawReply) {
  const bytes = Buffer.from(body as Uint8Array);
  const length = Number(headers['inference-header-content-length'] ?? bytes.length);
  const document = JSON.parse(bytes.toString('utf8', 0, length)) as { outputs: V2Output[] } & Record<
    string,
    unknown
  >;
  const blobs = new Map<string, Buffer>();
  let at = length;
  for (const { name, parameters } of document.outputs) {
    if (!parameters) continue;
    blobs.set(name, bytes.subarray(at, at + parameters.binary_data_size));
    at += parameters.binary_data_size;
  }
  if (at !== bytes.length) throw new Error(`${bytes.length - at} bytes are left over`);
  return { document, blobs };
}

/** The raw form, written apart from the code under test. */
export function rawBytes({ datatype, data }: Tensor): Buffer {
  if (datatype !== 'BYTES') {
    const { buffer, byteOffset, byteLength } = data as Uint8Array;
    return Buffer.from(buffer, byteOffset, byteLength);
  }
  return Buffer.concat(
    (data as BytesElement[]).flatMap((element) => {
      const bytes = Buffer.from(element as string);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}

/** Values in nested lists, as `shape` has them. */
export function nest(values: readonly unknown[], shape: readonly number[]): unknown {
  return shape
    .slice(1)
    .reduceRight<readonly unknown[]>(
      (list, length) =>
        Array.from({ length: list.length / length }, (_, row) =>
          list.slice(row * length, (row + 1) * length),
        ),
      values,
    );
}

function head({ name, datatype, shape }: Tensor): string {
  return `{"name":${JSON.stringify(name)},"shape":${JSON.stringify(shape)},"datatype":"${datatype}"`;
}

function flat(tensor: Tensor): string {
  const writer = new JsonWriter();
  const shape = [elementCount(tensor.shape)];
  writeTensor(writer, { ...tensor, shape }, { floats: 'shortest', nonFinite: 'token' });
  return Buffer.from(writer.take()).toString();
}

function rest(more: object): string {
  return Object.entries(more)
    .map(([key, value]) => `,${JSON.stringify(key)}:${JSON.stringify(value)}`)
    .join('');
}
