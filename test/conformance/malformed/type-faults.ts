import { type RestEntry, request } from './entries.ts';

/** Values that the datatype of a model does not have, over the dialects that have every datatype. */
export function typeFaults(): RestEntry[] {
  return Object.entries(values).flatMap(([model, { datatype, list }]) =>
    list.flatMap((value) => [
      entry(`v2, ${model}: ${value}`, `/v2/models/${model}/infer`, v2(model, datatype, value)),
      entry(`tfs, ${model}: ${value}`, `/v1/models/${model}:predict`, `{"instances":[${value}]}`),
    ]),
  );
}

/** Models of one input each. */
export const typeModels: Readonly<Record<string, string>> = {
  int64: 'traits/identity_int64',
  int32: 'traits/identity_int32',
  half: 'traits/identity_float16',
  double: 'traits/identity_float64',
  bool: 'traits/bool_not',
  text: 'traits/string_io',
};

function entry(name: string, path: string, body: string): RestEntry {
  const bytes = () => request(path, Buffer.from(body, 'latin1'));
  return { group: 'datatypes', name: name.slice(0, 60), server: 'types', bytes, status: 400, text: 'error' };
}

function v2(model: string, datatype: string, value: string): string {
  const name = model === 'text' ? 'token' : 'x';
  return `{"inputs":[{"name":"${name}","shape":[1],"datatype":"${datatype}","data":[${value}]}]}`;
}

const neverNumbers = ['null', '"a"', '{}', '"1"', '{"b64":"AAAA"}'];
const values: Readonly<Record<string, { readonly datatype: string; readonly list: readonly string[] }>> = {
  int64: {
    datatype: 'INT64',
    list: [
      ...neverNumbers,
      '9223372036854775808',
      '-9223372036854775809',
      '1.5',
      '1e30',
      'NaN',
      '1e-5',
      '9'.repeat(60),
    ],
  },
  int32: {
    datatype: 'INT32',
    list: [...neverNumbers, '2147483648', '-2147483649', '0.5', 'Infinity', '4294967296'],
  },
  half: { datatype: 'FP16', list: [...neverNumbers, '65520', '-1e5', '1e999'] },
  double: { datatype: 'FP64', list: [...neverNumbers, '1e309', '-1e309', '9'.repeat(310)] },
  bool: { datatype: 'BOOL', list: [...neverNumbers, '2', '-1', '0.5', '"true"', 'NaN'] },
  text: {
    datatype: 'BYTES',
    list: [
      'null',
      '1',
      'true',
      '{}',
      '{"b64":1}',
      '{"b64":"A"}',
      '{"b64":"A*=="}',
      '{"b64":"AAAA","x":1}',
      '{"x":"AAAA"}',
      '"\xff"',
      '"\xed\xa0\x80"',
    ],
  },
};
