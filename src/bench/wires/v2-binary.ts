import {
  type AnyTensorData,
  allocate,
  type BytesElement,
  type Datatype,
  datatypes,
  elementCount,
  type Tensor,
} from '../../core/tensor.ts';
import { elementsToJson } from '../../repository/sample-elements.ts';
import { parseJson } from '../json.ts';
import type { Wire, WireAnswer } from '../wire.ts';
import { inferPath, outputsOf } from './v2.ts';

const lengthHeader = 'inference-header-content-length';

/** Open Inference v2 over HTTP, tensors as bytes behind a JSON head ("Binary Tensor Data"), in both directions. */
export const v2Binary: Wire = {
  summary: 'Open Inference v2, tensors as bytes',
  path: inferPath,
  body: (inputs) => {
    const parts = inputs.map(toBytes);
    const described = inputs.map(({ name, datatype, shape }, index) => {
      const parameters = { binary_data_size: parts[index]!.length };
      return { name, datatype, shape, parameters };
    });
    const document = { inputs: described, parameters: { binary_data_output: true } };
    const head = Buffer.from(JSON.stringify(document));
    return {
      headers: { 'content-type': 'application/octet-stream', [lengthHeader]: String(head.length) },
      bytes: Buffer.concat([head, ...parts]),
    };
  },
  read,
};

function read({ headers, body }: WireAnswer): ReadonlyMap<string, unknown> {
  const length = Number(headers[lengthHeader] ?? body.length);
  let at = length;
  const values = new Map<string, unknown>();
  for (const output of outputsOf(parseJson(body.toString('utf8', 0, length)))) {
    const size = (output.parameters as { binary_data_size?: number } | undefined)?.binary_data_size;
    const name = String(output.name);
    if (size === undefined) values.set(name, output.data);
    else values.set(name, elementsToJson(fromBytes(output, body.subarray(at, at + size))));
    at += size ?? 0;
  }
  return values;
}

function toBytes({ datatype, data }: Tensor): Buffer {
  if (datatype !== 'BYTES') {
    const { buffer, byteOffset, byteLength } = data as Uint8Array;
    return Buffer.from(buffer, byteOffset, byteLength);
  }
  return Buffer.concat(
    (data as readonly BytesElement[]).flatMap((element) => {
      const bytes = Buffer.from(element as string);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}

function fromBytes(output: Readonly<Record<string, unknown>>, bytes: Buffer): Tensor {
  const datatype = datatypes.find((name) => name === output.datatype);
  if (!datatype || !Array.isArray(output.shape))
    throw new SyntaxError('an output has no datatype or no shape');
  const shape = output.shape.map(Number);
  return { name: '', datatype, shape, data: dataOf(datatype, elementCount(shape), bytes) };
}

function dataOf(datatype: Datatype, count: number, bytes: Buffer): AnyTensorData {
  if (datatype === 'BYTES') return textsOf(bytes);
  const store = allocate(datatype, count);
  const target = new Uint8Array(store.buffer);
  if (target.length !== bytes.length)
    throw new RangeError(`an output has ${bytes.length} bytes, not ${target.length}`);
  target.set(bytes);
  return store;
}

function textsOf(bytes: Buffer): string[] {
  const texts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32LE(at);
    texts.push(bytes.toString('utf8', at + 4, end));
    at = end;
  }
  return texts;
}
