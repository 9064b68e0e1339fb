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
    writer.ascii('[');
    for (let row = 0; row < rows; row++) {
      if (row > 0) writer.ascii(',');
      writeAnswer(writer, outputs, row);
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

function writeAnswer(writer: JsonWriter, outputs: readonly Tensor[], row: number): void {
  writeByName(writer, outputs, (output) => writeRow(writer, output, row, options));
}

function writeWhole(writer: JsonWriter, outputs: readonly Tensor[]): void {
  writeByName(writer, outputs, (output) => writeTensor(writer, output, options));
}

function writeByName(writer: JsonWriter, outputs: readonly Tensor[], write: (output: Tensor) => void): void {
  if (outputs.length === 1) {
    write(outputs[0]!);
    return;
  }
  outputs.forEach((output, index) => {
    writer.ascii(index === 0 ? '{' : ',');
    writer.key(output.name);
    write(output);
  });
  writer.ascii('}');
}

const options: WriteOptions = { floats: 'shortest', nonFinite: 'null' };
const headers = { 'content-type': 'application/json' };
