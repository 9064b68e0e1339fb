import { describe, expect, test } from 'vitest';
import type { Signature, Tensor } from '../../../src/core/tensor.ts';
import { v2Grpc } from '../../../src/serve/protocols/v2-grpc.ts';
import { catalogueOf, modelFacts } from '../catalogue.ts';
import { decodeReply, type GrpcSent, grpcSender, type Json } from '../grpc-send.ts';

const path = 'inference.GRPCInferenceService/ModelInfer';
const send = grpcSender(v2Grpc);
const both: Signature = {
  inputs: [
    { name: 'a', datatype: 'FP32', shape: ['batch', 2] },
    { name: 'b', datatype: 'INT64', shape: ['batch'] },
  ],
  outputs: [
    { name: 'scores', datatype: 'FP32', shape: ['batch', 3] },
    { name: 'half', datatype: 'FP16', shape: ['batch'] },
  ],
};
const a = { name: 'a', datatype: 'FP32', shape: [1, 2] };
const b = { name: 'b', datatype: 'INT64', shape: [1] };
const floats = Buffer.from(Float32Array.of(1, 2).buffer);
const longs = Buffer.from(BigInt64Array.of(-(2n ** 63n)).buffer);
const raw = { modelName: 'iris', inputs: [a, b], rawInputContents: [floats, longs] };
const typed = {
  modelName: 'iris',
  inputs: [
    { ...a, contents: { fp32Contents: [1, 2] } },
    { ...b, contents: { int64Contents: ['-9223372036854775808'] } },
  ],
};

function ask(request: object, signature = both): GrpcSent {
  const labels = new Map([['scores', ['setosa', 'versicolor']]]);
  return send(path, request, { catalogue: catalogueOf(modelFacts({ signature, labels })) });
}

function answer(request: object, outputs: readonly Tensor[], signature = both): Json {
  const { decoded, text } = ask(request, signature);
  if (!decoded) throw new Error(text);
  return decodeReply(path, decoded.encode({ model: 'iris', version: '1', outputs }));
}

const scores: Tensor = {
  name: 'scores',
  datatype: 'FP32',
  shape: [2, 3],
  data: Float32Array.of(1, 3, 2, 0.5, 0.25, Number.NaN),
};

describe('what is read', () => {
  test.each([
    ['raw', raw],
    ['typed', typed],
  ])('%s contents', (_, request) => {
    expect(ask(request).decoded?.request).toEqual({
      model: 'iris',
      inputs: [
        { ...a, data: Float32Array.of(1, 2) },
        { ...b, data: BigInt64Array.of(-(2n ** 63n)) },
      ],
    });
  });

  test('the version, the outputs wanted, and parameters of every kind', () => {
    const request = {
      ...raw,
      modelVersion: '1',
      outputs: [{ name: 'half' }, { name: 'scores' }],
      parameters: {
        flag: { boolParam: true },
        priority: { uint64Param: '2' },
        timeout: { int64Param: '5' },
        note: { stringParam: '' },
        share: { doubleParam: 0.5 },
        large: { uint64Param: '18446744073709551615' },
        none: {},
      },
    };
    expect(ask(request).decoded?.request).toMatchObject({
      version: '1',
      outputs: ['half', 'scores'],
      parameters: {
        flag: true,
        priority: 2,
        timeout: 5,
        note: '',
        share: 0.5,
        large: '18446744073709551615',
      },
    });
  });

  test('of the typed lists, 8 and 16 bit integers come from the 32 bit ones', () => {
    const signature: Signature = { inputs: [{ name: 'x', datatype: 'INT8', shape: ['n'] }], outputs: [] };
    const x = { name: 'x', datatype: 'INT8', shape: [2], contents: { intContents: [-128, 127] } };
    const { decoded } = ask({ modelName: 'iris', inputs: [x] }, signature);
    expect(decoded?.request.inputs[0]?.data).toEqual(Int8Array.of(-128, 127));
  });

  test('an empty tensor needs no contents', () => {
    const request = { modelName: 'iris', inputs: [{ ...a, shape: [0, 2] }, typed.inputs[1]!] };
    expect(ask(request).decoded?.request.inputs[0]).toEqual({
      ...a,
      shape: [0, 2],
      data: new Float32Array(0),
    });
  });
});

describe('how it is answered', () => {
  test('raw for raw', () => {
    const reply = answer({ ...raw, id: 'r-1' }, [scores]);
    expect(reply).toMatchObject({
      modelName: 'iris',
      modelVersion: '1',
      id: 'r-1',
      outputs: [{ name: 'scores', datatype: 'FP32', shape: ['2', '3'] }],
    });
    expect(reply.rawOutputContents).toEqual([Buffer.from((scores.data as Float32Array).buffer)]);
    expect((reply.outputs as Json[])[0]).not.toHaveProperty('contents');
  });

  test('typed for typed', () => {
    const reply = answer(typed, [scores]);
    expect(reply).toMatchObject({
      outputs: [{ name: 'scores', contents: { fp32Contents: [1, 3, 2, 0.5, 0.25, Number.NaN] } }],
    });
    expect(reply).not.toHaveProperty('rawOutputContents');
  });

  test('raw when there are no inputs, and when an output is FP16', () => {
    const half: Tensor = { name: 'half', datatype: 'FP16', shape: [1], data: Uint16Array.of(0x3c00) };
    expect(answer(typed, [scores, half]).rawOutputContents).toHaveLength(2);
    const reply = answer({ modelName: 'iris' }, [scores], { inputs: [], outputs: both.outputs });
    expect(reply.rawOutputContents).toHaveLength(1);
  });

  test('with classes where they are asked for: strings, best first', () => {
    const outputs = [{ name: 'scores', parameters: { classification: { int64Param: 2 } } }];
    const reply = answer({ ...typed, outputs }, [scores]);
    expect(reply).toMatchObject({ outputs: [{ name: 'scores', datatype: 'BYTES', shape: ['2', '2'] }] });
    const [output] = reply.outputs as { contents: { bytesContents: Buffer[] } }[];
    expect(output?.contents.bytesContents.map(String)).toEqual([
      '3.000000:1:versicolor',
      '2.000000:2',
      '0.500000:0:setosa',
      '0.250000:1:versicolor',
    ]);
    expect(answer({ ...raw, outputs }, [scores]).rawOutputContents).toHaveLength(1);
  });
});

describe('what is refused', () => {
  const contents = { fp32Contents: [1, 2] };
  const inputs = (first: object) => ({ ...typed, inputs: [first, typed.inputs[1]!] });

  test.each([
    ['no such model', { ...raw, modelName: 'nope' }, 'MODEL_NOT_FOUND', 'no model named "nope"'],
    ['no such version', { ...raw, modelVersion: '9' }, 'VERSION_NOT_FOUND', 'no version'],
    [
      'raw and typed at once',
      { ...raw, inputs: [{ ...a, contents }, b] },
      'REQUEST_INVALID',
      "contents field must not be specified when using raw_input_contents for 'a' for model 'iris'.",
    ],
    [
      'raw for one of two',
      { ...raw, rawInputContents: [floats] },
      'REQUEST_INVALID',
      'raw_input_contents has 1 entries for 2 inputs.',
    ],
    [
      'too few raw bytes',
      { ...raw, rawInputContents: [floats.subarray(1), longs] },
      'REQUEST_INVALID',
      'Input "a" has 7 bytes of binary data, but [1,2] of FP32 takes 8.',
    ],
    [
      'the list of another datatype',
      inputs({ ...a, contents: { fp64Contents: [1, 2] } }),
      'REQUEST_INVALID',
      "unexpected explicit tensor data for input tensor 'a' for model 'iris': fp64_contents for datatype 'FP32'. Send fp32_contents, or raw_input_contents.",
    ],
    [
      'no data',
      inputs(a),
      'REQUEST_INVALID',
      "unable to find data for input tensor 'a' for model 'iris' in request.",
    ],
    [
      'too few values',
      inputs({ ...a, contents: { fp32Contents: [1] } }),
      'REQUEST_INVALID',
      'Input "a" holds 1 values, but its shape [1,2] takes 2.',
    ],
    ['another datatype', inputs({ ...a, datatype: 'FP64', contents }), 'INPUT_DATATYPE', 'has datatype FP64'],
    ['no datatype', inputs({ ...a, datatype: '', contents }), 'INPUT_DATATYPE', 'expects FP32'],
    ['another name', inputs({ ...a, name: 'q', contents }), 'INPUT_UNKNOWN', 'no input named "q"'],
    ['an input twice', { ...typed, inputs: [typed.inputs[0]!, typed.inputs[0]!] }, 'INPUT_DUPLICATE', 'a'],
    [
      'a negative length',
      inputs({ ...a, shape: [-1, 2], contents }),
      'REQUEST_INVALID',
      '"inputs[0].shape[0]" is -1',
    ],
    ['another output', { ...typed, outputs: [{ name: 'q' }] }, 'OUTPUT_UNKNOWN', 'no output named "q"'],
    [
      'an output twice',
      { ...typed, outputs: [{ name: 'half' }, { name: 'half' }] },
      'REQUEST_INVALID',
      'Output "half" is asked for twice.',
    ],
    [
      'a reserved parameter',
      { ...typed, parameters: { triton_x: { boolParam: true } } },
      'REQUEST_INVALID',
      "parameter keys starting with 'triton_' are reserved.",
    ],
    [
      'shared memory in',
      inputs({ ...a, contents, parameters: { shared_memory_region: { stringParam: 'r' } } }),
      'FEATURE_UNSUPPORTED',
      'Input "a" in shared memory is not supported by this server.',
    ],
    [
      'shared memory out',
      { ...typed, outputs: [{ name: 'half', parameters: { shared_memory_region: { stringParam: 'r' } } }] },
      'FEATURE_UNSUPPORTED',
      'Output "half" in shared memory is not supported by this server.',
    ],
  ])('%s', (_, request, code, text) => {
    const sent = ask(request);
    expect(sent.error?.code).toBe(code);
    expect(sent.text).toContain(text);
  });

  test.each([
    ['INT8', 'intContents', 128],
    ['UINT8', 'uintContents', 256],
    ['INT16', 'intContents', -32_769],
    ['UINT16', 'uintContents', 65_536],
  ] as const)('%s beyond its range', (datatype, field, value) => {
    const signature: Signature = { inputs: [{ name: 'x', datatype, shape: ['n'] }], outputs: [] };
    const x = { name: 'x', datatype, shape: [2], contents: { [field]: [1, value] } };
    const { error } = ask({ modelName: 'iris', inputs: [x] }, signature);
    expect(error).toMatchObject({ code: 'INPUT_VALUE', details: { received: String(value) } });
    expect(error?.message).toContain('at element 1');
  });

  test('typed contents for FP16, which has none', () => {
    const signature: Signature = { inputs: [{ name: 'x', datatype: 'FP16', shape: ['n'] }], outputs: [] };
    const x = { name: 'x', datatype: 'FP16', shape: [1], contents: { fp32Contents: [1] } };
    const { text } = ask({ modelName: 'iris', inputs: [x] }, signature);
    expect(text).toContain("fp32_contents for datatype 'FP16'. Send raw_input_contents.");
  });
});
