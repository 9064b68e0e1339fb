import { failure } from '../../core/errors/error.ts';
import type { InferResponse } from '../../core/inference.ts';
import type { Tensor } from '../../core/tensor.ts';
import { type WriteOptions, writeRow, writeTensor } from '../codecs/json-write.ts';
import { JsonWriter } from '../codecs/json-writer.ts';
import type { RawReply } from '../protocol.ts';

/**
 * Row format: `{"predictions": [one entry per row]}`; columnar: `{"outputs": …}`. One output goes without its name. Blanks
 * and line ends are those of TensorFlow Serving's documentation: objects are indented by four, lists stay on their line.
 * @throws MdeployError `REQUEST_INVALID` when the outputs have no common first axis to make rows of
 */
export function encodePredict({ outputs }: InferResponse, isRow: boolean): RawReply {
  return tfsReply(isRow ? 'predictions' : 'outputs', (writer) => {
    if (isRow) writeRows(writer, outputs);
    else writeNamed(writer, outputs, inner, (output) => writeTensor(writer, output, optionsOf(output)));
  });
}

/** A reply of one key. */
export function tfsReply(key: keyof typeof heads, write: (writer: JsonWriter) => void): RawReply {
  const writer = new JsonWriter();
  writer.ascii(heads[key]);
  write(writer);
  writer.ascii('\n}\n');
  return { status: 200, headers: { 'content-type': 'application/json' }, body: writer.take() };
}

function writeRows(writer: JsonWriter, outputs: readonly Tensor[]): void {
  const rows = rowCount(outputs);
  if (outputs.length === 1) {
    writeTensor(writer, outputs[0]!, optionsOf(outputs[0]!));
    return;
  }
  writer.ascii('[');
  for (let row = 0; row < rows; row++) {
    if (row > 0) writer.ascii(', ');
    writeNamed(writer, outputs, innermost, (output) => writeRow(writer, output, row, optionsOf(output)));
  }
  writer.ascii(']');
}

function rowCount(outputs: readonly Tensor[]): number {
  const expected = outputs[0]?.shape[0];
  for (const { name, shape } of outputs) {
    const [rows] = shape;
    if (rows === undefined) throw rowless(`Tensor name: ${name} has no shape information `);
    if (rows !== expected)
      throw rowless(`Tensor name: ${name} has inconsistent batch size: ${rows} expecting: ${expected}`);
  }
  return expected ?? 0;
}

function rowless(problem: string) {
  return failure('REQUEST_INVALID', { problem, fix: 'Send "inputs" instead of "instances".' });
}

/** @param indent of the object's own end; its keys stand one deeper */
function writeNamed(
  writer: JsonWriter,
  outputs: readonly Tensor[],
  indent: string,
  write: (output: Tensor) => void,
): void {
  if (outputs.length === 1) {
    write(outputs[0]!);
    return;
  }
  outputs.forEach((output, index) => {
    writer.ascii(`${index === 0 ? '{' : ','}${indent}    `);
    writer.key(output.name);
    writer.ascii(' ');
    write(output);
  });
  writer.ascii(`${indent}}`);
}

// The suffix is TF Serving's mark for binary strings.
function optionsOf({ name, datatype }: Tensor): WriteOptions {
  return datatype === 'BYTES' && name.endsWith('_bytes') ? binary : tfsText;
}

const heads = {
  predictions: '{\n    "predictions": ',
  outputs: '{\n    "outputs": ',
  results: '{\n    "results": ',
} as const;
const inner = '\n    ';
const innermost = '\n        ';

/** Numbers and lists as TensorFlow Serving writes them. */
export const tfsText: WriteOptions = { floats: 'tfs', nonFinite: 'token', bytes: 'text', isSpaced: true };
const binary: WriteOptions = { ...tfsText, bytes: 'base64' };
