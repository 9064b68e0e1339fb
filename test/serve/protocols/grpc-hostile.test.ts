import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { healthService } from '../../../src/serve/grpc-health.ts';
import type { GrpcProtocol } from '../../../src/serve/grpc-protocol.ts';
import { reflectionService } from '../../../src/serve/grpc-reflection.ts';
import { tfsGrpc } from '../../../src/serve/protocols/tfs-grpc.ts';
import { v2Grpc } from '../../../src/serve/protocols/v2-grpc.ts';
import { catalogueOf, modelFacts } from '../catalogue.ts';
import { encodeRequest, grpcSender } from '../grpc-send.ts';
import { oracle } from '../protobuf/oracle.ts';

const protocols: readonly GrpcProtocol[] = [
  tfsGrpc,
  v2Grpc,
  healthService(['a.b']),
  reflectionService(['a.b']),
];
const catalogue = catalogueOf(modelFacts(), modelFacts({ version: '2' }));
const feature = { X: { floatList: { value: [1, 2, 3, 4] } } };
const modelSpec = { name: 'iris', version: { value: 1 }, signatureName: 'serving_default' };
const input = { exampleListWithContext: { examples: [{}], context: { features: { feature } } } };

/** A good request of every method, from which hostile ones are made. */
const requests: Readonly<Record<string, object>> = {
  Predict: {
    modelSpec,
    inputs: { X: { dtype: 1, tensorShape: { dim: [{ size: 1 }, { size: 4 }] }, floatVal: [1, 2, 3, 4] } },
    outputFilter: ['probabilities'],
  },
  Classify: { modelSpec, input },
  Regress: { modelSpec, input },
  MultiInference: { tasks: [{ modelSpec, methodName: 'tensorflow/serving/classify' }], input },
  GetModelMetadata: { modelSpec, metadataField: ['signature_def'] },
  GetModelStatus: { modelSpec },
  ModelInfer: {
    modelName: 'iris',
    id: 'r',
    parameters: { a: { int64Param: 1 } },
    inputs: [{ name: 'X', datatype: 'FP32', shape: [1, 4], contents: { fp32Contents: [1, 2, 3, 4] } }],
    outputs: [{ name: 'probabilities', parameters: { classification: { int64Param: 1 } } }],
  },
  ModelReady: { name: 'iris', version: '1' },
  ModelMetadata: { name: 'iris', version: '1' },
  ModelConfig: { name: 'iris', version: '1' },
  ModelStatistics: { name: 'iris', version: '1' },
  RepositoryIndex: { repositoryName: 'x', ready: true },
  RepositoryModelLoad: { modelName: 'iris', parameters: { a: { stringParam: 'b' } } },
  Check: { service: 'a.b' },
  ServerReflectionInfo: { host: 'h', fileContainingSymbol: 'grpc.health.v1.Health' },
};

const methods = protocols.flatMap((protocol) =>
  protocol.services.flatMap((service) =>
    service.methods.map(({ name }) => [`${service.name}/${name}`, protocol] as const),
  ),
);

describe.each(methods)('%s', (path, protocol) => {
  const send = grpcSender(protocol);
  const [service = '', name = ''] = path.split('/');
  // A method of another protobuf runtime tells what a field is; none of them is missed.
  const fields = oracle.lookupService(service).methods[name]!.resolvedRequestType!.fieldsArray;
  const request = requests[name] ?? requests[name.replace('Stream', '').replace('Unload', 'Load')] ?? {};
  const good = encodeRequest(path, request);

  const refusedByClient = (body: Uint8Array) => {
    const { error, text } = send(path, body, { catalogue, maxBytes: 2 ** 16 });
    if (!error) return;
    expect(error.http).not.toBe(500);
    expect(error.grpc).toMatch(
      /^(INVALID_ARGUMENT|NOT_FOUND|FAILED_PRECONDITION|RESOURCE_EXHAUSTED|UNIMPLEMENTED)$/,
    );
    expect(text).not.toBe('');
  };

  test('a good request is answered, or refused for what it asks', () => {
    refusedByClient(good);
  });

  test('cut short anywhere', () => {
    for (let length = 0; length < good.length; length++) refusedByClient(good.subarray(0, length));
  });

  test('with every bit flipped', () => {
    for (let bit = 0; bit < good.length * 8; bit++) {
      const bytes = Buffer.from(good);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      refusedByClient(bytes);
    }
  });

  test('with a field of every number and wire type', () => {
    for (let number = 1; number <= fields.length + 2; number++) {
      for (let type = 0; type < 8; type++) {
        const tag = Buffer.from([(number << 3) | type]);
        for (const value of values) refusedByClient(Buffer.concat([good, tag, value]));
      }
    }
  });

  test('bytes of any kind', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => refusedByClient(bytes)),
      { numRuns: 300 },
    );
  });
});

/** What may stand behind a tag: nothing, numbers of every length, lengths that lie, nesting without an end. */
const values: readonly Buffer[] = [
  Buffer.alloc(0),
  Buffer.from([0]),
  Buffer.from([0x7f]),
  Buffer.alloc(9, 0xff),
  Buffer.alloc(10, 0xff),
  Buffer.alloc(11, 0xff),
  Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f]),
  Buffer.from([0xff, 0xff, 0xff, 0xff, 0x07, 0x00]),
  Buffer.from([4, 0xff, 0xfe, 0xfd, 0xfc]),
  Buffer.from([2, 0x0a, 0x7f]),
  Buffer.alloc(200, 0x0b),
  Buffer.concat([Buffer.from([0x80, 0x02]), Buffer.alloc(256, 0x0a)]),
];
