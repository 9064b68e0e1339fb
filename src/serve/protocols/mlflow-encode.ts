import type { InferResponse } from '../../core/inference.ts';
import type { Signature, Tensor } from '../../core/tensor.ts';
import { type WriteOptions, writeRow, writeTensor } from '../codecs/json-write.ts';
import { JsonWriter } from '../codecs/json-writer.ts';
import type { RawReply } from '../protocol.ts';
import { rowCount } from './plain-encode.ts';

/** The answer to tensors, as MLflow's ONNX flavour gives it: `{"predictions": {"<output>": …}}`. */
export function encodeTensors({ outputs }: InferResponse): RawReply {
  const writer = begin();
  writeNamed(writer, outputs, (output) => writeTensor(writer, output, options));
  return finish(writer);
}

/**
 * The answer to a data frame is one: `{"predictions": [{"<output>": …}, …]}`, one record per row. Outputs that are not
 * one per row by the signature are answered whole, as for tensors.
 */
export function encodeRecords(response: InferResponse, signature: Signature): RawReply {
  const { outputs } = response;
  const rows = rowCount(outputs, signature);
  if (rows === undefined) return encodeTensors(response);
  const columns = outputs.map(asColumn);
  const writer = begin();
  writer.ascii('[');
  for (let row = 0; row < rows; row++) {
    if (row > 0) writer.ascii(',');
    writeNamed(writer, columns, (output) => writeRow(writer, output, row, options));
  }
  writer.ascii(']');
  return finish(writer);
}

// MLflow flattens outputs of one value per row.
function asColumn(output: Tensor): Tensor {
  const [rows, ...rest] = output.shape;
  return rest.every((length) => length === 1) ? { ...output, shape: [rows!] } : output;
}

function writeNamed(writer: JsonWriter, outputs: readonly Tensor[], write: (output: Tensor) => void): void {
  writer.ascii('{');
  outputs.forEach((output, index) => {
    if (index > 0) writer.ascii(',');
    writer.key(output.name);
    write(output);
  });
  writer.ascii('}');
}

function begin(): JsonWriter {
  const writer = new JsonWriter();
  writer.ascii('{"predictions":');
  return writer;
}

function finish(writer: JsonWriter): RawReply {
  writer.ascii('}');
  return { status: 200, headers: { 'content-type': 'application/json' }, body: writer.take() };
}

// Python's json writes and reads the bare words.
const options: WriteOptions = { floats: 'shortest', nonFinite: 'token' };
