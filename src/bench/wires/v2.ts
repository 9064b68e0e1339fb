import type { Tensor } from '../../core/tensor.ts';
import { flatJson, isObject, parseJson } from '../json.ts';
import type { Wire } from '../wire.ts';

/** Open Inference v2 over HTTP, tensors as JSON: `POST /v2/models/NAME/infer`. */
export const v2: Wire = {
  summary: 'Open Inference v2, tensors as JSON',
  path: inferPath,
  body: (inputs) => ({
    headers: { 'content-type': 'application/json' },
    bytes: Buffer.from(`{"inputs":[${inputs.map(inputJson).join(',')}]}`),
  }),
  read: ({ body }) =>
    new Map(outputsOf(parseJson(body.toString('utf8'))).map(({ name, data }) => [String(name), data])),
};

export function inferPath(model: string | undefined): string | undefined {
  return model === undefined ? undefined : `/v2/models/${encodeURIComponent(model)}/infer`;
}

/** The outputs of a v2 answer. @throws SyntaxError */
export function outputsOf(document: unknown): readonly Readonly<Record<string, unknown>>[] {
  const outputs = isObject(document) ? document.outputs : undefined;
  if (Array.isArray(outputs) && outputs.every(isObject)) return outputs;
  throw new SyntaxError('the answer has no list "outputs"');
}

function inputJson(input: Tensor): string {
  const { name, datatype, shape } = input;
  return `${JSON.stringify({ name, datatype, shape }).slice(0, -1)},"data":${flatJson(input)}}`;
}
