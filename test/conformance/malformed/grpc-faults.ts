import { deflateSync, gzipSync } from 'node:zlib';
import { encodeRequest } from '../../serve/grpc-send.ts';
import { framed, type GrpcEntry } from './entries.ts';

const infer = 'inference.GRPCInferenceService/ModelInfer';
const predict = 'tensorflow.serving.PredictionService/Predict';
const predictions = 'org.pytorch.serve.grpc.inference.InferenceAPIsService/Predictions';

/** gRPC: messages cut short, messages that ask for what cannot be, and frames that lie. The limit of a message is 1 MiB. */
export function grpcFaults(): GrpcEntry[] {
  return [
    ...bases.flatMap(([name, method, message]) => cutShort(name, method, encodeRequest(method, message))),
    ...Object.entries(infers).map(([name, message]) => entry(`v2: ${name}`, infer, message)),
    ...Object.entries(predicts).map(([name, message]) => entry(`tfs: ${name}`, predict, message)),
    ...Object.entries(entries).map(([name, input]) =>
      entry(`torchserve: ${name}`, predictions, { modelName: 'iris', input }),
    ),
    // Few bytes may stand for many values, up to the limit of a message.
    ...[[1], []].map((floatVal) =>
      entry(
        `tfs: ${floatVal.length} values for 2^28`,
        predict,
        inputs({ ...dims(67_108_864, 4), floatVal }),
        'RESOURCE_EXHAUSTED',
      ),
    ),
    ...absent.map(([name, method, message]) => entry(name, method, message, 'NOT_FOUND')),
    ...bases.flatMap(([name, method, message]) =>
      onTheWire(name, `/${method}`, encodeRequest(method, message)),
    ),
    ...[
      '/',
      '/nothing',
      '/no.Service/Method',
      `/${infer}s`,
      '/inference.GRPCInferenceService/SystemSharedMemoryStatus',
    ].map(
      (path): GrpcEntry => ({
        ...head,
        name: `a method that is not there: ${path}`,
        path,
        frame: () => framed(empty),
        code: 'UNIMPLEMENTED',
      }),
    ),
  ];
}

/** Right ones, of which the others are made. */
export function grpcGood(): GrpcEntry[] {
  return bases.map(([name, method, message]) => entry(name, method, message, 'OK'));
}

const head = { group: 'gRPC', server: 'all' } as const;
const empty = Buffer.alloc(0);

function entry(name: string, method: string, message: object, code = 'INVALID_ARGUMENT'): GrpcEntry {
  const frame = () => framed(encodeRequest(method, message));
  return { ...head, name, path: `/${method}`, frame, code };
}

// Without a single byte v2 and TorchServe are asked for the model without a name.
function cutShort(name: string, method: string, message: Buffer): GrpcEntry[] {
  return Array.from({ length: message.length }, (_, length) => ({
    group: `gRPC, ${name}, cut short`,
    server: 'all',
    name: `after ${length} bytes`,
    path: `/${method}`,
    frame: () => framed(message.subarray(0, length)),
    code: length === 0 && method !== predict ? 'NOT_FOUND' : 'INVALID_ARGUMENT',
  }));
}

const fp32 = { name: 'X', datatype: 'FP32', shape: [1, 4] };
const contents = { fp32Contents: [5.1, 3.5, 1.4, 0.2] };
const x = { ...fp32, contents };
const raw = Buffer.alloc(16);
const proto = { dtype: 1, tensorShape: { dim: [{ size: 1 }, { size: 4 }] }, floatVal: [5.1, 3.5, 1.4, 0.2] };
const content = { dtype: 1, tensorShape: proto.tensorShape, tensorContent: raw };
const modelSpec = { name: 'iris' };

const bases: readonly (readonly [name: string, method: string, message: object])[] = [
  ['v2', infer, { modelName: 'iris', inputs: [x] }],
  ['v2, raw', infer, { modelName: 'iris', inputs: [fp32], rawInputContents: [raw] }],
  ['tfs', predict, { modelSpec, inputs: { X: proto } }],
  ['tfs, tensor_content', predict, { modelSpec, inputs: { X: content } }],
  ['torchserve', predictions, { modelName: 'iris', input: { data: Buffer.from('[5.1,3.5,1.4,0.2]') } }],
];

const one = (input: object, more: object = {}) => ({ modelName: 'iris', inputs: [input], ...more });
const shaped = (...shape: (number | string)[]) => one({ ...x, shape });
const rawOf = (shape: readonly (number | string)[], ...rawInputContents: Buffer[]) =>
  one({ ...fp32, shape }, { rawInputContents });

const infers: Readonly<Record<string, object>> = {
  'no inputs': { modelName: 'iris' },
  'another input': one({ ...x, name: 'Y' }),
  'an input without a name': one({ ...x, name: '' }),
  'an input that objects have': one({ ...x, name: 'constructor' }),
  'the same input twice': { modelName: 'iris', inputs: [x, x] },
  'an input too many': { modelName: 'iris', inputs: [x, { ...x, name: 'Y' }] },
  'no datatype': one({ ...x, datatype: '' }),
  'another datatype': one({ ...x, datatype: 'FP64' }),
  'a datatype that is none': one({ ...x, datatype: 'FLOAT' }),
  'values of another list': one({ ...fp32, contents: { fp64Contents: [1, 2, 3, 4] } }),
  'integers for floats': one({ ...fp32, contents: { intContents: [1, 2, 3, 4] } }),
  'no values': one(fp32),
  'values too few': one({ ...fp32, contents: { fp32Contents: [1, 2, 3] } }),
  'values too many': one({ ...fp32, contents: { fp32Contents: [1, 2, 3, 4, 5] } }),
  'no shape': shaped(),
  'an axis below zero': shaped(-1, 4),
  'two axes below zero': shaped(-1, -4),
  'an axis of zero': one({ ...fp32, shape: [0, 4] }),
  'another rank': shaped(4),
  'another shape': shaped(4, 1),
  'an axis of 2^62': shaped('4611686018427387904', 4),
  'an axis of 2^63 - 1': shaped('9223372036854775807', 4),
  'an axis of -2^63': shaped('-9223372036854775808', 4),
  'axes whose product is 2^64': shaped('4294967296', '4294967296'),
  'axes whose product is 2^64 + 4': shaped(1, '4611686018427387905', 4),
  '65 axes': shaped(...Array<number>(65).fill(1)),
  '10,000 axes': shaped(...Array<number>(10_000).fill(1)),
  'values and raw values': one(x, { rawInputContents: [raw] }),
  'two raw tensors for one input': rawOf([1, 4], raw, raw),
  'one raw tensor for two inputs': { modelName: 'iris', inputs: [fp32, fp32], rawInputContents: [raw] },
  'a raw tensor too short': rawOf([1, 4], raw.subarray(1)),
  'a raw tensor too long': rawOf([1, 4], Buffer.alloc(17)),
  'a raw tensor of nothing': rawOf([1, 4], empty),
  'a raw tensor of another shape': rawOf([4, 1], raw),
  'a raw tensor of great axes': rawOf(['4294967296', '4294967296'], raw),
  'a raw tensor of axes below zero': rawOf([-1, -4], raw),
  'an output that is not there': one(x, { outputs: [{ name: 'nope' }] }),
  'an output without a name': one(x, { outputs: [{}] }),
  'an output twice': one(x, { outputs: [{ name: 'label' }, { name: 'label' }] }),
  'classes below zero': one(x, {
    outputs: [{ name: 'label', parameters: { classification: { int64Param: -1 } } }],
  }),
  'a reserved parameter': one(x, { parameters: { triton_x: { int64Param: 1 } } }),
};

const inputs = (tensor: object) => ({ modelSpec, inputs: { X: tensor } });
const dims = (...sizes: (number | string)[]) => ({
  ...proto,
  tensorShape: { dim: sizes.map((size) => ({ size })) },
});

const predicts: Readonly<Record<string, object>> = {
  'no model': { inputs: { X: proto } },
  'a model without a name': { modelSpec: {}, inputs: { X: proto } },
  'no inputs': { modelSpec },
  'another input': { modelSpec, inputs: { Y: proto } },
  'an input too many': { modelSpec, inputs: { X: proto, Y: proto } },
  'no datatype': inputs({ ...proto, dtype: 0 }),
  'another datatype': inputs({ ...proto, dtype: 2 }),
  'a datatype that is not served': inputs({ ...proto, dtype: 14 }),
  'a datatype that is none': inputs({ ...proto, dtype: 999 }),
  'text for floats': inputs({ ...proto, dtype: 7 }),
  'no shape': inputs({ ...proto, tensorShape: undefined }),
  'a shape without a rank': inputs({ ...proto, tensorShape: { unknownRank: true } }),
  'values too many': inputs({ ...proto, floatVal: [1, 2, 3, 4, 5] }),
  'an axis below zero': inputs(dims(-1, 4)),
  'two axes below zero': inputs(dims(-1, -4)),
  'an axis of zero': inputs({ ...dims(0, 4), floatVal: [] }),
  'another rank': inputs(dims(4)),
  'another shape': inputs(dims(4, 1)),
  'an axis of 2^62': inputs(dims('4611686018427387904', 4)),
  'an axis of -2^63': inputs(dims('-9223372036854775808', 4)),
  'axes whose product is 2^64': inputs(dims('4294967296', '4294967296')),
  '300 axes': inputs(dims(...Array<number>(300).fill(1))),
  'content too short': inputs({ ...content, tensorContent: raw.subarray(1) }),
  'content too long': inputs({ ...content, tensorContent: Buffer.alloc(20) }),
  'an output that is not there': { modelSpec, inputs: { X: proto }, outputFilter: ['nope'] },
  'an output twice': { modelSpec, inputs: { X: proto }, outputFilter: ['label', 'label'] },
  'another label': { modelSpec: { name: 'iris', versionLabel: 'nope' }, inputs: { X: proto } },
};

const text = (value: string) => ({ data: Buffer.from(value) });
const entries: Readonly<Record<string, Record<string, Buffer>>> = {
  'no input': {},
  'nothing in it': text(''),
  'no JSON': text('hello'),
  'half a document': text('[5.1,3.5'),
  'a row too short': text('[5.1,3.5,1.4]'),
  'a row too long': text('[5.1,3.5,1.4,0.2,1]'),
  'text for floats': text('["a","b","c","d"]'),
  'another input': text('{"Y":[1,2,3,4]}'),
  'the same input twice': text('{"X":[1,2,3,4],"X":[1,2,3,4]}'),
  'lists 100,000 deep': text('['.repeat(100_000)),
  'bytes that are no text': { data: Buffer.from('fffe00', 'hex') },
  'two entries, none of them an input': { a: Buffer.from('1'), b: Buffer.from('2') },
};

const absent: readonly (readonly [name: string, method: string, message: object])[] = [
  ['v2: another model', infer, { modelName: 'nope', inputs: [x] }],
  ['v2: a model that objects have', infer, { modelName: '__proto__', inputs: [x] }],
  ['v2: another version', infer, { modelName: 'iris', modelVersion: '9', inputs: [x] }],
  ['tfs: another model', predict, { modelSpec: { name: 'nope' }, inputs: { X: proto } }],
  [
    'tfs: another version',
    predict,
    { modelSpec: { name: 'iris', version: { value: 9 } }, inputs: { X: proto } },
  ],
  [
    'tfs: a version below zero',
    predict,
    { modelSpec: { name: 'iris', version: { value: -9 } }, inputs: { X: proto } },
  ],
  ['torchserve: another model', predictions, { modelName: 'nope', input: text('[1,2,3,4]') }],
  [
    'torchserve: another version',
    predictions,
    { modelName: 'iris', modelVersion: '9', input: text('[1,2,3,4]') },
  ],
];

const blanks = Buffer.alloc(64 * 2 ** 20);

function onTheWire(name: string, path: string, message: Buffer): GrpcEntry[] {
  const sent = (
    what: string,
    code: string,
    frame: () => Uint8Array,
    headers?: GrpcEntry['headers'],
  ): GrpcEntry => ({
    group: `gRPC, ${name}, on the wire`,
    server: 'all',
    name: what,
    path,
    frame,
    code,
    ...(headers && { headers }),
  });
  const packed = (body: () => Uint8Array) => () => framed(body(), { flag: 1 });
  return [
    sent('a tag of wire type 7', 'INVALID_ARGUMENT', () =>
      framed(Buffer.concat([message, Buffer.from([0xff])])),
    ),
    sent('a group without an end', 'INVALID_ARGUMENT', () =>
      framed(Buffer.concat([message, Buffer.alloc(2000, 0x0b)])),
    ),
    sent('a length beyond the message', 'INVALID_ARGUMENT', () =>
      framed(Buffer.concat([message, Buffer.from([0x0a, 0x7f])])),
    ),
    sent('a varint of eleven bytes', 'INVALID_ARGUMENT', () =>
      framed(Buffer.concat([message, Buffer.alloc(11, 0xff)])),
    ),
    sent('JSON for protobuf', 'INVALID_ARGUMENT', () => framed(Buffer.from('{"model_name":"iris"}'))),
    sent('a message beyond the limit', 'RESOURCE_EXHAUSTED', () => framed(Buffer.alloc(2 ** 20 + 1))),
    sent('a message that says it is 4 GiB', 'RESOURCE_EXHAUSTED', () =>
      framed(message, { length: 0xffffffff }),
    ),
    sent(
      'gzip without saying so',
      'INVALID_ARGUMENT',
      packed(() => gzipSync(message)),
    ),
    sent(
      'gzip that is none',
      'INVALID_ARGUMENT',
      packed(() => message),
      { 'grpc-encoding': 'gzip' },
    ),
    sent(
      'gzip cut short',
      'INVALID_ARGUMENT',
      packed(() => gzipSync(message).subarray(0, -9)),
      { 'grpc-encoding': 'gzip' },
    ),
    sent(
      'a gzip bomb of 64 MiB',
      'RESOURCE_EXHAUSTED',
      packed(() => gzipSync(blanks)),
      { 'grpc-encoding': 'gzip' },
    ),
    sent(
      'a deflate bomb of 64 MiB',
      'RESOURCE_EXHAUSTED',
      packed(() => deflateSync(blanks)),
      { 'grpc-encoding': 'deflate' },
    ),
    sent(
      'an encoding that is none',
      'UNIMPLEMENTED',
      packed(() => message),
      { 'grpc-encoding': 'br' },
    ),
  ];
}
