import { failure, type MdeployError } from '../../core/errors/error.ts';
import type { InferResponse } from '../../core/inference.ts';
import { writeNpy } from '../../core/npy.ts';
import type { BytesElement, Signature, Tensor } from '../../core/tensor.ts';
import { type WriteOptions, writeRow } from '../codecs/json-write.ts';
import { JsonWriter } from '../codecs/json-writer.ts';
import type { RawReply } from '../protocol.ts';
import { encodePlain, rowCount } from './plain-encode.ts';

/** Types a reply can have; the first is SageMaker's own default. */
export const replyTypes = [
  'application/json',
  'application/jsonlines',
  'text/csv',
  'application/x-npy',
] as const;

/**
 * A reply of the type asked for. JSON is that of `POST /predict`; the others are rows, with the outputs side by side.
 * @throws MdeployError `ACCEPT_UNSUPPORTED` for outputs that the type cannot carry
 */
export function encodeInvocation(
  response: InferResponse,
  signature: Signature,
  { type, isOneRow }: { readonly type: string; readonly isOneRow: boolean },
): RawReply {
  if (type === 'application/json') return encodePlain(response, signature, isOneRow);
  const { outputs } = response;
  if (type === 'application/x-npy') return array(outputs);
  const rows = rowCount(outputs, signature);
  if (rows === undefined) throw cannot(type);
  const writer = new JsonWriter();
  for (let row = 0; row < rows; row++) {
    if (type === 'text/csv') writeCells(writer, outputs, row);
    else writeObject(writer, outputs, row);
    writer.ascii('\n');
  }
  return reply(type, writer.take());
}

function array(outputs: readonly Tensor[]): RawReply {
  const file = outputs.length === 1 ? writeNpy(outputs[0]!) : undefined;
  if (!file) throw cannot('application/x-npy');
  return reply('application/x-npy', file);
}

function writeObject(writer: JsonWriter, outputs: readonly Tensor[], row: number): void {
  if (outputs.length === 1) {
    writeRow(writer, outputs[0]!, row, strict);
    return;
  }
  outputs.forEach((output, index) => {
    writer.ascii(index === 0 ? '{' : ',');
    writer.key(output.name);
    writeRow(writer, output, row, strict);
  });
  writer.ascii('}');
}

function writeCells(writer: JsonWriter, outputs: readonly Tensor[], row: number): void {
  let isFirst = true;
  for (const output of outputs) {
    const width = output.data.length / Math.max(output.shape[0]!, 1);
    for (let index = row * width; index < (row + 1) * width; index++) {
      if (!isFirst) writer.ascii(',');
      isFirst = false;
      writeCell(writer, output, index);
    }
  }
}

function writeCell(writer: JsonWriter, { name, datatype, data }: Tensor, index: number): void {
  if (datatype === 'BYTES') writer.text(quoted(textOf(data[index] as BytesElement)));
  else writeRow(writer, { name, datatype, shape: [data.length], data }, index, words);
}

// RFC 4180 §2.6
function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function textOf(element: BytesElement): string {
  if (typeof element === 'string') return element;
  const buffer = Buffer.from(element);
  const text = buffer.toString('utf8');
  return Buffer.from(text).equals(buffer) ? text : buffer.toString('base64');
}

function reply(type: string, body: Uint8Array): RawReply {
  return { status: 200, headers: { 'content-type': type }, body };
}

function cannot(type: string): MdeployError {
  return failure(
    'ACCEPT_UNSUPPORTED',
    { type, types: 'application/json' },
    { field: 'Accept', received: type },
  );
}

const strict: WriteOptions = { floats: 'shortest', nonFinite: 'null' };
const words: WriteOptions = { floats: 'shortest', nonFinite: 'token' };
