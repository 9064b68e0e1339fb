import type { ErrorText, ServerName } from './entries.ts';

/** One way to send the tensor `X` of iris, FP32 [batch,4], as JSON. */
export interface Dialect {
  readonly name: string;
  readonly server: ServerName;
  readonly path: string;
  readonly text: ErrorText;
  /** The whole body round the text of the rows. */
  wrap(rows: string): string;
  /** Sends named tensors; absent where the form has no names. */
  named?(inputs: string): string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Things this dialect takes, by the names of the faults. */
  readonly takes?: readonly string[];
}

const json = { 'Content-Type': 'application/json' };
const instances = (rows: string) => `{"instances":${rows}}`;
const inputs = (rows: string) => `{"inputs":${rows}}`;
const ofPlain = {
  wrap: inputs,
  named: inputs,
  // One row may come without the list of rows.
  takes: ['one axis less'],
};
// What follows the document is not read, as in TensorFlow Serving.
const tail = ['two documents', 'a closing bracket too many', 'text behind it', 'a comment behind it'];

export const dialects: readonly Dialect[] = [
  { ...ofPlain, name: 'plain', server: 'all', path: '/predict', text: 'error.message' },
  {
    ...ofPlain,
    name: 'plain, by name',
    server: 'all',
    path: '/predict/iris',
    text: 'error.message',
    wrap: instances,
  },
  {
    name: 'tfs, rows',
    server: 'all',
    path: '/v1/models/iris:predict',
    text: 'error',
    wrap: instances,
    named: (tensors) => `{"instances":[${tensors}]}`,
    takes: tail,
  },
  {
    name: 'tfs, columns',
    server: 'all',
    path: '/v1/models/iris/versions/1:predict',
    text: 'error',
    wrap: inputs,
    named: inputs,
    takes: tail,
  },
  {
    name: 'v2 JSON',
    server: 'all',
    path: '/v2/models/iris/infer',
    text: 'error',
    wrap: (rows) => `{"inputs":[{"name":"X","shape":[1,4],"datatype":"FP32","data":${rows}}]}`,
    takes: ['one axis less'],
  },
  {
    ...ofPlain,
    name: 'torchserve',
    server: 'all',
    path: '/predictions/iris',
    text: 'message',
    headers: json,
    wrap: instances,
  },
  {
    ...ofPlain,
    name: 'torchserve, bare',
    server: 'all',
    path: '/predictions/iris/1.0',
    text: 'message',
    wrap: (rows) => ` ${rows}`,
  },
  { ...ofPlain, name: 'sagemaker', server: 'all', path: '/invocations', text: 'error', wrap: instances },
  {
    ...ofPlain,
    name: 'sagemaker, by name',
    server: 'all',
    path: '/models/iris/invoke',
    text: 'error',
    headers: json,
    wrap: (rows) => ` ${rows}`,
  },
  {
    name: 'sagemaker, lines',
    server: 'all',
    path: '/invocations',
    text: 'error',
    headers: { 'Content-Type': 'application/jsonlines' },
    wrap: (rows) => `[5.1,3.5,1.4,0.2]\n${rows.slice(1, -1)}\n`,
    // What is left is one whole line.
    takes: ['cut after 4 of 8', 'no rows'],
  },
  {
    name: 'vertex',
    server: 'all',
    path: '/v1/endpoints/1/deployedModels/2:predict',
    text: 'error',
    wrap: instances,
    named: (tensors) => `{"instances":[${tensors}]}`,
  },
  {
    name: 'kserve',
    server: 'others',
    path: '/v1/models/iris:predict',
    text: 'error',
    wrap: instances,
    named: (tensors) => `{"instances":[${tensors}]}`,
    takes: tail,
  },
  {
    name: 'mlflow, inputs',
    server: 'others',
    path: '/invocations',
    text: 'message',
    headers: json,
    wrap: inputs,
    named: inputs,
  },
  {
    name: 'mlflow, instances',
    server: 'others',
    path: '/invocations',
    text: 'message',
    headers: json,
    wrap: instances,
  },
  {
    name: 'mlflow, split',
    server: 'others',
    path: '/invocations',
    text: 'message',
    headers: json,
    wrap: (rows) => `{"dataframe_split":{"data":${rows}}}`,
    takes: ['null'],
  },
];

/** A row that iris takes. */
export const row = '[5.1,3.5,1.4,0.2]';
export const good = `[${row}]`;
