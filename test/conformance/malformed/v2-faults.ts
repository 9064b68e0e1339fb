import { type RestEntry, request } from './entries.ts';

const path = '/v2/models/iris/infer';
const values: Buffer = Buffer.alloc(16);

/** What only Open Inference v2 can say wrongly: its JSON, and raw tensors behind it. */
export function v2Faults(): RestEntry[] {
  return [
    ...Object.entries(inputs).map(([name, text]) => json(`inputs: ${name}`, `{"inputs":${text}}`)),
    ...Object.entries(documents).map(([name, text]) => json(`request: ${name}`, text)),
    ...Object.entries(lengths).map(([name, length]) =>
      binary(`header length: ${name}`, ofSize(16), { length }),
    ),
    ...Object.entries(sizes).map(([name, size]) => binary(`binary_data_size: ${name}`, ofSize(size))),
    ...Object.entries(blobs).map(([name, [text, bytes]]) => binary(`raw tensors: ${name}`, text, { bytes })),
    ...[0, 1, 15, 17, 18, 4097].map((size) =>
      binary(`one raw tensor of ${size} bytes`, '', { bytes: Buffer.alloc(size), length: '0' }),
    ),
  ];
}

const entry = (name: string, bytes: RestEntry['bytes']): RestEntry => {
  return { group: 'v2, its own', name, server: 'all', bytes, status: 400, text: 'error' };
};

function json(name: string, body: string): RestEntry {
  return entry(name, () => request(path, body));
}

function binary(
  name: string,
  text: string,
  { bytes = values, length = String(Buffer.byteLength(text)) } = {},
) {
  const headers = { 'Inference-Header-Content-Length': length, 'Content-Type': 'application/octet-stream' };
  return entry(name, () => request(path, Buffer.concat([Buffer.from(text), bytes]), { headers }));
}

function ofSize(size: unknown): string {
  return `{"inputs":[{"name":"X","shape":[1,4],"datatype":"FP32","parameters":{"binary_data_size":${size}}}]}`;
}

const tail = '"datatype":"FP32","data":[1,2,3,4]';
const x = `{"name":"X","shape":[1,4],${tail}}`;

const inputs: Readonly<Record<string, string>> = {
  none: '[]',
  null: 'null',
  'an object': x,
  'a text': '"X"',
  'a list of lists': '[[1,2,3,4]]',
  'a list of null': '[null]',
  'an empty object': '[{}]',
  'no name': `[{"shape":[1,4],${tail}}]`,
  'a name of null': `[{"name":null,"shape":[1,4],${tail}}]`,
  'a name of a number': `[{"name":1,"shape":[1,4],${tail}}]`,
  'another name': `[{"name":"Y","shape":[1,4],${tail}}]`,
  'a name that objects have': `[{"name":"constructor","shape":[1,4],${tail}}]`,
  'the same input twice': `[${x},${x}]`,
  'an input too many': `[${x},{"name":"Y","shape":[1],"datatype":"FP32","data":[1]}]`,
  'a key twice': `[{"name":"X","name":"X","shape":[1,4],${tail}}]`,
  'no shape': `[{"name":"X",${tail}}]`,
  'a shape of null': `[{"name":"X","shape":null,${tail}}]`,
  'a shape of a number': `[{"name":"X","shape":4,${tail}}]`,
  'a shape of text': `[{"name":"X","shape":["1","4"],${tail}}]`,
  'a shape with a point': `[{"name":"X","shape":[1,4.0],${tail}}]`,
  'a shape with an exponent': `[{"name":"X","shape":[1,4e0],${tail}}]`,
  'a shape within a shape': `[{"name":"X","shape":[[1,4]],${tail}}]`,
  'a shape that is empty': `[{"name":"X","shape":[],${tail}}]`,
  'an axis below zero': `[{"name":"X","shape":[-1,4],${tail}}]`,
  'two axes below zero': `[{"name":"X","shape":[-1,-4],${tail}}]`,
  'minus zero': `[{"name":"X","shape":[-0,4],${tail}}]`,
  'an axis of zero': `[{"name":"X","shape":[0,4],"datatype":"FP32","data":[]}]`,
  'the last axis zero': `[{"name":"X","shape":[1,0],"datatype":"FP32","data":[]}]`,
  'an axis of 2^31': `[{"name":"X","shape":[2147483648,4],${tail}}]`,
  'an axis of 2^53': `[{"name":"X","shape":[9007199254740992,4],${tail}}]`,
  'an axis of 2^64': `[{"name":"X","shape":[18446744073709551616,4],${tail}}]`,
  'axes whose product is 2^64': `[{"name":"X","shape":[4294967296,4294967296],${tail}}]`,
  'axes whose product is 2^64 + 4': `[{"name":"X","shape":[1,4611686018427387905,4],${tail}}]`,
  'axes whose product is zero behind great ones': `[{"name":"X","shape":[4294967296,4294967296,0],"datatype":"FP32","data":[]}]`,
  '65 axes': `[{"name":"X","shape":[${Array(65).fill(1)}],${tail}}]`,
  '100,000 axes': `[{"name":"X","shape":[${Array(100_000).fill(1)}],${tail}}]`,
  'the wrong shape': `[{"name":"X","shape":[4,1],${tail}}]`,
  'another rank': `[{"name":"X","shape":[4],${tail}}]`,
  'fewer values than the shape': `[{"name":"X","shape":[2,4],${tail}}]`,
  'more values than the shape': `[{"name":"X","shape":[1,4],"datatype":"FP32","data":[1,2,3,4,5]}]`,
  'no datatype': '[{"name":"X","shape":[1,4],"data":[1,2,3,4]}]',
  'a datatype of null': '[{"name":"X","shape":[1,4],"datatype":null,"data":[1,2,3,4]}]',
  'another datatype': '[{"name":"X","shape":[1,4],"datatype":"FP64","data":[1,2,3,4]}]',
  'a datatype that is none': '[{"name":"X","shape":[1,4],"datatype":"FLOAT","data":[1,2,3,4]}]',
  'a datatype in small letters': '[{"name":"X","shape":[1,4],"datatype":"fp32","data":[1,2,3,4]}]',
  'no data': '[{"name":"X","shape":[1,4],"datatype":"FP32"}]',
  'data of null': '[{"name":"X","shape":[1,4],"datatype":"FP32","data":null}]',
  'data of a text': '[{"name":"X","shape":[1,4],"datatype":"FP32","data":"AAAA"}]',
  'data of an object': '[{"name":"X","shape":[1,4],"datatype":"FP32","data":{"0":1}}]',
  'data nested another way': '[{"name":"X","shape":[1,4],"datatype":"FP32","data":[[1,2],[3,4]]}]',
  'data twice': `[{"name":"X","shape":[1,4],"data":[1,2,3,4],${tail}}]`,
  'data and raw data': `[{"name":"X","shape":[1,4],${tail},"parameters":{"binary_data_size":16}}]`,
  'raw data that do not follow': ofSize(16).slice('{"inputs":'.length, -1),
  'parameters in a list': `[{"name":"X","shape":[1,4],${tail},"parameters":[]}]`,
};

const request1 = `"inputs":[${x}]`;
const documents: Readonly<Record<string, string>> = {
  'a list': `[${x}]`,
  null: 'null',
  'no inputs': '{"id":"1"}',
  'inputs twice': `{${request1},${request1}}`,
  'an id that is a number': `{"id":1,${request1}}`,
  'an id that is an object': `{"id":{},${request1}}`,
  'parameters of a text': `{"parameters":"x",${request1}}`,
  'parameters within parameters': `{"parameters":{"a":{"b":1}},${request1}}`,
  'a reserved parameter': `{"parameters":{"triton_x":1},${request1}}`,
  'binary_data_output of a text': `{"parameters":{"binary_data_output":"true"},${request1}}`,
  'binary_data_output of a number': `{"parameters":{"binary_data_output":1},${request1}}`,
  'outputs of a text': `{"outputs":"label",${request1}}`,
  'outputs of texts': `{"outputs":["label"],${request1}}`,
  'an output without a name': `{"outputs":[{}],${request1}}`,
  'an output that is not there': `{"outputs":[{"name":"nope"}],${request1}}`,
  'an output that objects have': `{"outputs":[{"name":"toString"}],${request1}}`,
  'an output twice': `{"outputs":[{"name":"label"},{"name":"label"}],${request1}}`,
  'binary_data of a text': `{"outputs":[{"name":"label","parameters":{"binary_data":"yes"}}],${request1}}`,
  'classes below zero': `{"outputs":[{"name":"label","parameters":{"classification":-1}}],${request1}}`,
  'half a class': `{"outputs":[{"name":"label","parameters":{"classification":0.5}}],${request1}}`,
  'classes as text': `{"outputs":[{"name":"label","parameters":{"classification":"2"}}],${request1}}`,
};

/** `Inference-Header-Content-Length` of a request whose raw tensor is right. */
const lengths: Readonly<Record<string, string>> = {
  one: '1',
  'one too few': String(ofSize(16).length - 1),
  'one too many': String(ofSize(16).length + 1),
  'all of the body': String(ofSize(16).length + 16),
  'beyond the body': String(ofSize(16).length + 17),
  'far beyond the body': '999999999',
  'beyond 64 bits': '99999999999999999999999',
  'below zero': '-1',
  'a sign': `+${ofSize(16).length}`,
  'a point': `${ofSize(16).length}.0`,
  'an exponent': '1e2',
  hexadecimal: '0x66',
  'a word': 'all',
  'two of them': `${ofSize(16).length}, ${ofSize(16).length}`,
  NaN: 'NaN',
  nothing: '',
};

const sizes: Readonly<Record<string, unknown>> = {
  zero: 0,
  'one too few': 15,
  'one too many': 17,
  'an element too few': 12,
  'an element too many': 20,
  'below zero': -16,
  'a point': 16.5,
  'an exponent beyond': '1e300',
  'beyond 64 bits': '18446744073709551632',
  'a text': '"16"',
  true: true,
  'a list': '[16]',
  'an object': '{}',
};

const blobs: Readonly<Record<string, readonly [text: string, bytes: Buffer]>> = {
  'none behind it': [ofSize(16), Buffer.alloc(0)],
  'half of it': [ofSize(16), Buffer.alloc(8)],
  'more than is named': [ofSize(16), Buffer.alloc(32)],
  'some, and none is named': [`{${request1}}`, Buffer.alloc(4)],
  'the same input twice': [
    `{"inputs":[${`${ofSize(16).slice('{"inputs":['.length, -2)},`.repeat(2).slice(0, -1)}]}`,
    Buffer.alloc(32),
  ],
  'an axis of 2^62 for no bytes': [ofSize(0).replace('[1,4]', '[4611686018427387904,4]'), Buffer.alloc(0)],
};
