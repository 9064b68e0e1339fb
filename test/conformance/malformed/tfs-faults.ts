import { good, row } from './dialects.ts';
import { type RestEntry, request } from './entries.ts';

/** What only TensorFlow Serving's REST API can say wrongly. */
export function tfsFaults(): RestEntry[] {
  return [
    ...Object.entries(bodies).map(([name, body]) =>
      entry(`predict: ${name}`, '/v1/models/iris:predict', body),
    ),
    ...['classify', 'regress'].flatMap((verb) =>
      Object.entries(examples).map(([name, body]) =>
        entry(`${verb}: ${name}`, `/v1/models/iris:${verb}`, body),
      ),
    ),
    entry(
      'regress: a model without such an output',
      '/v1/models/iris:regress',
      `{"examples":[{"X":${row}}]}`,
    ),
  ];
}

function entry(name: string, path: string, body: string): RestEntry {
  return {
    group: 'tfs, its own',
    name,
    server: 'all',
    bytes: () => request(path, body),
    status: 400,
    text: 'error',
  };
}

const bodies: Readonly<Record<string, string>> = {
  'rows and columns': `{"instances":${good},"inputs":${good}}`,
  'rows twice': `{"instances":${good},"instances":${good}}`,
  'neither rows nor columns': '{"signature_name":"serving_default"}',
  'rows under another name': `{"rows":${good}}`,
  'a list as the document': good,
  'an object for the rows': `{"instances":{"X":${good}}}`,
  'a number for the rows': '{"instances":1}',
  'null for the rows': '{"instances":null}',
  'another signature': `{"signature_name":"other","instances":${good}}`,
  'a signature of a number': `{"signature_name":1,"instances":${good}}`,
  'a signature of null': `{"signature_name":null,"instances":${good}}`,
  'rows of objects and lists': `{"instances":[{"X":${row}},${row}]}`,
  'rows of lists and objects': `{"instances":[${row},{"X":${row}}]}`,
  'rows with other keys': `{"instances":[{"X":${row}},{"Y":${row}}]}`,
  'rows of which one is empty': `{"instances":[{"X":${row}},{}]}`,
  'base64 in place of numbers': '{"instances":[{"b64":"AAAA"}]}',
};

const examples: Readonly<Record<string, string>> = {
  'no examples': '{"context":{}}',
  'an empty list': '{"examples":[]}',
  'an object for the list': `{"examples":{"X":${row}}}`,
  'lists for the objects': `{"examples":[${row}]}`,
  'examples twice': `{"examples":[{"X":${row}}],"examples":[{"X":${row}}]}`,
  'a feature twice': `{"examples":[{"X":${row},"X":${row}}]}`,
  'no feature of an input': `{"examples":[{"Y":${row}}]}`,
  'an empty example': '{"examples":[{}]}',
  'features of two kinds': '{"examples":[{"X":[1,2.5,3,4]}]}',
  'features of text': '{"examples":[{"X":["a","b","c","d"]}]}',
  'a feature too short': '{"examples":[{"X":[5.1,3.5,1.4]}]}',
  'a feature too long': '{"examples":[{"X":[5.1,3.5,1.4,0.2,1.5]}]}',
  'a nested feature': `{"examples":[{"X":[${row}]}]}`,
  'a feature of null': '{"examples":[{"X":null}]}',
  'a feature of an object': '{"examples":[{"X":{"a":1}}]}',
  'a context of a list': `{"context":[],"examples":[{"X":${row}}]}`,
  'another signature': `{"signature_name":"other","examples":[{"X":${row}}]}`,
  'half a document': '{"examples":[{"X":[5.1',
};
