import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { failure, MdeployError } from '../../src/core/errors/error.ts';
import { datatypes, type Tensor } from '../../src/core/tensor.ts';
import { compileGauge } from '../../src/runtime/gauge.ts';
import type { GrpcDecoded, GrpcProtocol } from '../../src/serve/grpc-protocol.ts';
import type { ModelFacts } from '../../src/serve/protocol.ts';
import { catalogueOf, modelFacts, withSignature } from '../serve/catalogue.ts';
import { decodeReply, encodeRequest, grpcSender, type Json } from '../serve/grpc-send.ts';
import { asText, sample } from './protocols.ts';

/** What a gRPC protocol brings to inherit the suite: how its client sends tensors and reads them. */
export interface GrpcCaller {
  readonly name: string;
  readonly protocol: GrpcProtocol;
  /** `package.Service/Method` of its inference. */
  readonly method: string;
  /** A request for `model`, as protobufjs takes it. */
  request(model: string, tensors: readonly Tensor[]): object;
  /** The outputs of a reply, strings as text. @param like what they are, for a reply that names no datatypes */
  tensors(reply: Json, like: readonly Tensor[]): readonly Tensor[];
  /** Its values are JSON, which has neither NaN nor the shape of an empty batch; bytes are one value as they are. */
  readonly isJson?: boolean;
}

export function grpcProtocolConformance(caller: GrpcCaller): void {
  const { name, protocol, method } = caller;
  const facts = modelFacts();
  const gauge = compileGauge(facts.signature);
  const send = grpcSender(protocol);
  const carried = caller.isJson ? datatypes.filter((datatype) => datatype !== 'BYTES') : datatypes;

  function decode(tensors: readonly Tensor[], model: ModelFacts = facts): GrpcDecoded {
    const sent = send(method, caller.request(model.name, tensors), { catalogue: catalogueOf(model) });
    if (!sent.decoded) throw sent.error;
    return sent.decoded;
  }
  const roundTrip = ({ encode }: GrpcDecoded, outputs: readonly Tensor[]) =>
    caller.tensors(decodeReply(method, encode({ model: 'iris', version: '1', outputs })), outputs);

  describe(`${name}: requests and replies`, () => {
    test.each(carried)('%s goes in and comes out unchanged', (datatype) => {
      const tensor = sample(datatype, [2, 3]);
      const spec = { name: 'x', datatype, shape: ['batch', 3] };
      const decoded = decode([tensor], withSignature([spec], [spec]));
      expect(decoded.request.inputs.map(asText)).toEqual([tensor]);
      expect(roundTrip(decoded, decoded.request.inputs)).toEqual([tensor]);
    });

    test.each(carried)('%s: a scalar and an empty batch', (datatype) => {
      const scalar = { ...sample(datatype, [1, 1]), shape: [] };
      const empty = sample(datatype, [0, 3]);
      for (const tensor of caller.isJson ? [scalar] : [scalar, empty]) {
        const spec = { name: 'x', datatype, shape: tensor === scalar ? [] : ['batch', 3] };
        const decoded = decode([tensor], withSignature([spec], [spec]));
        expect(decoded.request.inputs.map(asText)).toEqual([tensor]);
        expect(roundTrip(decoded, [tensor])).toEqual([tensor]);
      }
    });

    test('several inputs and outputs keep their names, whatever these are', () => {
      const names = ['constructor', 'toString', 'a"\\b é', 'b64', ''];
      const specs = names.map((each) => ({ name: each, datatype: 'FP32' as const, shape: ['batch', 3] }));
      const tensors = names.map((each) => ({ ...sample('FP32', [2, 3]), name: each }));
      const decoded = decode(tensors, withSignature(specs, specs));
      expect(decoded.request.inputs).toEqual(tensors);
      expect(roundTrip(decoded, tensors)).toEqual(tensors);
    });

    test('FP32 values of any kind survive', () => {
      const float = caller.isJson ? fc.float({ noNaN: true, noDefaultInfinity: true }) : fc.float();
      fc.assert(
        fc.property(fc.array(float, { minLength: 1 }), (list) => {
          const data = Float32Array.from(list);
          const tensor: Tensor = { name: 'x', datatype: 'FP32', shape: [list.length], data };
          const spec = { name: 'x', datatype: 'FP32' as const, shape: ['batch'] };
          const decoded = decode([tensor], withSignature([spec], [spec]));
          expect(decoded.request.inputs).toEqual([tensor]);
          expect(roundTrip(decoded, [tensor])).toEqual([tensor]);
        }),
      );
    });

    test('the model asked for is the model named', () => {
      expect(decode([{ ...sample('FP32', [1, 4]), name: 'X' }]).request.model).toBe('iris');
    });
  });

  describe(`${name}: refusals`, () => {
    const good = encodeRequest(method, caller.request('iris', [{ ...sample('FP32', [2, 4]), name: 'X' }]));

    // Protobuf cut at the end of a field is a shorter message, so less may be there; never something else.
    test('a message cut short anywhere is refused, or lacks inputs', () => {
      for (let length = 0; length < good.length; length++) {
        const { decoded, error } = send(method, good.subarray(0, length));
        if (decoded) expect(decoded.request.inputs).toEqual([]);
        else expect(error?.grpc).toMatch(/^(INVALID_ARGUMENT|NOT_FOUND)$/);
      }
    });

    test('any bytes give an answer or a fault of the client, never one of ours', () => {
      const damaged = fc
        .tuple(fc.nat(), fc.uint8Array({ maxLength: 4 }), fc.nat({ max: 4 }))
        .map(([at, put, cut]) => {
          const place = at % good.length;
          return Buffer.concat([good.subarray(0, place), put, good.subarray(place + cut)]);
        });
      fc.assert(
        fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 50 })), (bytes) => {
          const { decoded, error, text } = send(method, bytes);
          if (decoded) return;
          expect(error?.http).toBeGreaterThanOrEqual(400);
          expect(error?.http).not.toBe(500);
          expect(text).not.toBe('');
        }),
        { numRuns: 1000 },
      );
    });

    test.each([
      [failure('QUEUE_FULL', { name: 'iris', limit: 8 }), 'UNAVAILABLE'],
      [failure('MODEL_NOT_READY', { name: 'iris' }), 'UNAVAILABLE'],
      [failure('DEADLINE_EXCEEDED', { limit: 10 }), 'DEADLINE_EXCEEDED'],
      [failure('BODY_TOO_LARGE', { limit: 10 }), 'RESOURCE_EXHAUSTED'],
      [failure('MODEL_NOT_FOUND', { name: 'x', models: 'iris' }), 'NOT_FOUND'],
      [failure('VERSION_NOT_FOUND', { name: 'x', version: '2', versions: '1' }), 'NOT_FOUND'],
      [failure('SERVER_FAULT', { request: 'id-1' }), 'INTERNAL'],
    ] as const)('%s has its code and its words', (error, code) => {
      expect(error.grpc).toBe(code);
      expect(protocol.textOf(error)).toContain(error.message);
    });

    test.each([
      ['a model that is not there', 'nope', 'FP32', 'NOT_FOUND'],
      ['values of another datatype', 'iris', 'BYTES', 'INVALID_ARGUMENT'],
    ] as const)('%s', (_, model, datatype, code) => {
      const tensor = { ...sample(datatype, [2, 4]), name: 'X' };
      const sent = send(method, caller.request(model, [tensor]));
      // A protocol whose tensors say their own datatype leaves the comparison to the gauge.
      const refused = sent.decoded && thrownBy(() => gauge(sent.decoded!.request.inputs));
      const error = sent.error ?? refused;
      expect(error?.grpc).toBe(code);
      expect(error && protocol.textOf(error)).toMatch(/.{10}/);
    });
  });
}

function thrownBy(act: () => unknown): MdeployError | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof MdeployError) return error;
    throw error;
  }
  return undefined;
}
