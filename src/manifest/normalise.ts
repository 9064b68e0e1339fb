import { type Datatype, type Dim, datatypes } from '../core/tensor.ts';

/** Any common spelling of an element type → its Open Inference name; undefined when it is none. */
export function toDatatype(text: string): Datatype | undefined {
  const word = text
    .trim()
    .toUpperCase()
    .replace(/^TENSOR\((.+)\)$/, '$1')
    .replace(/^(?:TYPE|DT)_/, '')
    .replace(/^(?:NP|NUMPY|TF|TORCH)\./, '');
  return spellings.get(word);
}

const spellings = new Map<string, Datatype>([
  ...datatypes.map((name): [string, Datatype] => [name, name]),
  ['BOOLEAN', 'BOOL'],
  ['BYTE', 'UINT8'],
  ['SHORT', 'INT16'],
  ['INT', 'INT32'],
  ['LONG', 'INT64'],
  ['HALF', 'FP16'],
  ['FLOAT16', 'FP16'],
  ['FLOAT', 'FP32'],
  ['FLOAT32', 'FP32'],
  ['DOUBLE', 'FP64'],
  ['FLOAT64', 'FP64'],
  ['STRING', 'BYTES'],
  ['STR', 'BYTES'],
  ['OBJECT', 'BYTES'],
]);

/** Every spelling that a person may have meant, for suggestions. */
export const datatypeSpellings: readonly string[] = [...spellings.keys()];

/** One axis as written: a length, a name; `-1`, nothing and `?` are an axis without a name. */
export function toDim(written: number | string | null): Dim {
  return written === null || written === -1 || written === '?' ? '' : written;
}
