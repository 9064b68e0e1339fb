import { good } from './dialects.ts';
import { type ErrorText, type RestEntry, request, type ServerName } from './entries.ts';

/** Bodies of other types than JSON, and types that are not taken. */
export function bodyFaults(): RestEntry[] {
  return places.flatMap(([server, text, path, list]) =>
    list.map(([name, type, body, status = 400]): RestEntry => {
      const bytes = () => request(path, body, { headers: { 'Content-Type': type } });
      return { group: `other bodies, ${path}`, name, server, bytes, status, text };
    }),
  );
}

type Sent = readonly [name: string, type: string, body: string | Uint8Array, status?: number];

const form = 'multipart/form-data; boundary=b';
const fields = 'application/x-www-form-urlencoded';
const csv = 'text/csv';
const headed = 'text/csv; header=present';
const lines = 'application/jsonlines';
const npy = 'application/x-npy';
const json = 'application/json';
const binary = 'application/octet-stream';

const field = 'Content-Disposition: form-data; name="data"';
const part = (head: string, body = good) => `--b\r\n${head}\r\n\r\n${body}\r\n`;

function array(descr: string, shape: string): Buffer {
  return numpy(`{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }\n`);
}

function numpy(head: string): Buffer {
  const magic = Buffer.from('\x93NUMPY\x01\0', 'latin1');
  return Buffer.concat([magic, Buffer.from([head.length, 0]), Buffer.from(head), Buffer.alloc(16)]);
}

const places: readonly (readonly [ServerName, ErrorText, string, readonly Sent[]])[] = [
  [
    'all',
    'error.message',
    '/predict',
    [
      ['a form', form, `${part('Content-Disposition: form-data; name="X"')}--b--\r\n`],
      ['a picture', 'image/png', Buffer.from('89504e47', 'hex')],
      ['bytes', binary, Buffer.alloc(16)],
    ],
  ],
  [
    'all',
    'error',
    '/invocations',
    [
      ['XML', 'text/xml', '<a/>', 415],
      ['Parquet', 'application/x-parquet', 'PAR1', 415],
      ['a form', form, `${part(field)}--b--\r\n`, 415],
      ['bytes', binary, Buffer.alloc(16), 415],
      ['no CSV', csv, ''],
      ['CSV of three columns', csv, '1,2,3\n'],
      ['CSV of five columns', csv, '1,2,3,4,5\n'],
      ['CSV of unequal rows', csv, '1,2,3,4\n1,2,3\n'],
      ['CSV of words', csv, 'a,b,c,d\n'],
      ['CSV beyond the range', csv, '1,2,3,1e39\n'],
      ['CSV with a quote that stays open', csv, '"1,2,3,4\n'],
      ['CSV with a quote within a cell', csv, '1"2",3,4,5\n'],
      ['hexadecimal CSV', csv, '0x1,2,3,4\n'],
      ['CSV that is no UTF-8', csv, Buffer.from('1,2,3,\xff\n', 'latin1')],
      ['CSV of a header only', headed, 'a,b,c,d\n'],
      ['CSV with other columns', headed, 'X,b\n1,2\n'],
      ['no array', npy, 'no array'],
      ['half the head of an array', npy, numpy("{'descr': '<f4'")],
      ['an array of objects', npy, array('|O', '(1, 4)')],
      ['an array of no type', npy, array('<x9', '(1, 4)')],
      ['an array cut short', npy, array('<f4', '(1, 5)')],
      ['an array too long', npy, array('<f4', '(1, 3)')],
      ['an array of another shape', npy, array('<f4', '(4, 1)')],
      ['an array with an axis below zero', npy, array('<f4', '(-1, 4)')],
      ['an array with axes beyond 64 bits', npy, array('<f4', '(4294967296, 4294967296)')],
      ['no lines', lines, ''],
      ['half a line', lines, '[1,2,3,4]\n[1,2'],
    ],
  ],
  [
    'all',
    'message',
    '/predictions/iris',
    [
      ['a form without a boundary', 'multipart/form-data', `${part(field)}--b--\r\n`],
      ['a form of nothing', form, ''],
      ['a form without fields', form, '--b--\r\n'],
      ['a form cut short', form, `${part(field)}--b`],
      ['a form with another boundary', form, `--c\r\n${field}\r\n\r\n1\r\n--c--\r\n`],
      ['a field without a name', form, `${part('X-A: b')}--b--\r\n`],
      ['an attachment', form, `${part('Content-Disposition: attachment; name="data"')}--b--\r\n`],
      ['half a document in a form', form, `${part(field, '[1,2')}--b--\r\n`],
      ['a field twice', form, `${part(field).repeat(2)}--b--\r\n`],
      ['2,000 empty fields', form, '--b\r\n'.repeat(2000)],
      ['half a document in a field', fields, 'data=%5B1'],
      ['a field with a wrong escape', fields, 'data=%ZZ'],
    ],
  ],
  [
    'others',
    'error',
    '/v1/models/iris:predict',
    [
      ['null for the rows', json, '{"instances":null}'],
      ['rows under another name', json, '{"rows":[]}'],
    ],
  ],
  [
    'others',
    'message',
    '/invocations',
    [
      ['text', 'text/plain', good, 415],
      ['bytes', binary, Buffer.alloc(16), 415],
      ['two forms', json, `{"inputs":${good},"instances":${good}}`],
      ['no form', json, '{"params":{}}'],
      ['a bare list', json, good],
      ['a frame in a list', json, '{"dataframe_split":[]}'],
      ['an empty frame', json, '{"dataframe_split":{}}'],
      ['a column twice', json, '{"dataframe_split":{"columns":["a","a"],"data":[[1,2]]}}'],
      ['more cells than columns', json, '{"dataframe_split":{"columns":["a"],"data":[[1,2]]}}'],
      ['a column that is a number', json, '{"dataframe_split":{"columns":[1],"data":[[1]]}}'],
      ['records in an object', json, '{"dataframe_records":{}}'],
      ['no records', json, '{"dataframe_records":[]}'],
      ['a record that is a list', json, '{"dataframe_records":[[1]]}'],
      ['a record too short', json, '{"dataframe_records":[{"a":1}]}'],
      ['no CSV', csv, ''],
      ['CSV of a header only', csv, 'a,b,c,d\n'],
      ['CSV of words', csv, 'a,b,c,d\nw,x,y,z\n'],
      ['CSV of unequal rows', csv, 'a,b,c,d\n1,2,3\n'],
      ['CSV of too few columns', csv, 'a,b,c\n1,2,3\n'],
    ],
  ],
];
