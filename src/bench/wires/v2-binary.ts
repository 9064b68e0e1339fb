import { elementsToJson } from '../../repository/sample-elements.ts';
import { parseJson } from '../json.ts';
import type { Wire, WireAnswer } from '../wire.ts';
import { fromBytes, toBytes } from './tensor-bytes.ts';
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
