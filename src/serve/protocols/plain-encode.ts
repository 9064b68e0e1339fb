import type { InferResponse } from '../../core/inference.ts';
import type { Signature, Tensor } from '../../core/tensor.ts';
import { type WriteOptions, writeRow, writeTensor } from '../codecs/json-write.ts';
import { JsonWriter } from '../codecs/json-writer.ts';
import type { RawReply } from '../protocol.ts';
import { hasBatchAxis } from './plain-fit.ts';

/**
 * `{"predictions": …}`: the answer of the one row, or the list of the answers of the rows. An answer is the output's
 * value; with several outputs an object of them by name. Outputs that are not one per row stay whole, by name.
 */
export function encodePlain(response: InferResponse, signature: Signature, isOneRow: boolean): RawReply {
  const writer = new JsonWriter();
  writer.ascii('{"predictions":');
  writeAnswers(writer, response, signature, isOneRow);
  writer.ascii('}\n');
  return { status: 200, headers, body: writer.take() };
}

/** What stands under `predictions`. */
export function writeAnswers(
  writer: JsonWriter,
  { outputs }: InferResponse,
  signature: Signature,
  isOneRow: boolean,
): void {
  const rows = rowCount(outputs, signature);
  if (rows === undefined || (isOneRow && rows !== 1)) writeWhole(writer, outputs);
  else if (isOneRow) writeAnswer(writer, outputs, 0);
  else if (outputs.length === 1) writeTensor(writer, outputs[0]!, options);
  else {
    const keys = keysOf(outputs);
    writer.ascii('[');
    for (let row = 0; row < rows; row++) {
      if (row > 0) writer.ascii(',');
      writeAnswer(writer, outputs, row, keys);
    }
    writer.ascii(']');
  }
}

/**
 * Rows of a reply, if every output has one value per row. By the signature, not by the lengths that happen to be equal: the form of
 * a reply must not change with its data.
 */
export function rowCount(outputs: readonly Tensor[], signature: Signature): number | undefined {
  let rows: number | undefined;
  for (const { name, shape } of outputs) {
    const spec = signature.outputs.find((output) => output.name === name);
    if (shape.length === 0 || (spec?.shape && !hasBatchAxis(spec.shape))) return undefined;
    if (rows !== undefined && rows !== shape[0]) return undefined;
    rows = shape[0];
  }
  return rows;
}

function writeAnswer(
  writer: JsonWriter,
  outputs: readonly Tensor[],
  row: number,
  keys = keysOf(outputs),
): void {
  writeByName(writer, outputs, keys, (output) => writeRow(writer, output, row, options));
}

function writeWhole(writer: JsonWriter, outputs: readonly Tensor[]): void {
  writeByName(writer, outputs, keysOf(outputs), (output) => writeTensor(writer, output, options));
}

function writeByName(
  writer: JsonWriter,
  outputs: readonly Tensor[],
  keys: readonly Key[],
  write: (output: Tensor) => void,
): void {
  if (outputs.length === 1) {
    write(outputs[0]!);
    return;
  }
  outputs.forEach((output, index) => {
    const { text, isAscii } = keys[index]!;
    if (isAscii) writer.ascii(text);
    else writer.text(text);
    write(output);
  });
  writer.ascii('}');
}

interface Key {
  readonly text: string;
  readonly isAscii: boolean;
}

/** What stands before each value, made once for all rows: a million rows would spend half of their time on it. */
function keysOf(outputs: readonly Tensor[]): readonly Key[] {
  return outputs.map(({ name }, index) => {
    const text = `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`;
    return { text, isAscii: /^[ -~]*$/.test(text) };
  });
}

const options: WriteOptions = { floats: 'shortest', nonFinite: 'null' };
const headers = { 'content-type': 'application/json' };
