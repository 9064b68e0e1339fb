import { columnsJson, isObject, parseJson } from '../json.ts';
import type { Wire } from '../wire.ts';
import { byOutput } from './plain.ts';

/** TensorFlow Serving's REST API: `POST /v1/models/NAME:predict`. */
export const tfs: Wire = {
  summary: "TensorFlow Serving's REST API",
  path: (model) => (model === undefined ? undefined : `/v1/models/${encodeURIComponent(model)}:predict`),
  body: (inputs) => ({
    headers: { 'content-type': 'application/json' },
    bytes: Buffer.from(columnsJson(inputs)),
  }),
  read: ({ body }) => {
    const document = parseJson(body.toString('utf8'));
    if (!isObject(document)) throw new SyntaxError('the answer is not a JSON object');
    if ('outputs' in document) return byOutput(document.outputs);
    if ('predictions' in document) return byOutput(document.predictions);
    throw new SyntaxError('the answer has neither "outputs" nor "predictions"');
  },
};
