import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { asMdeployError, failure, MdeployError } from '../../src/core/errors/error.ts';
import { decodeFloat16, encodeFloat16 } from '../../src/core/float16.ts';
import { allocate, type BytesElement, type Datatype, datatypes, type Tensor } from '../../src/core/tensor.ts';
import type { Decoded, ModelFacts, Protocol, RawReply, Route } from '../../src/serve/protocol.ts';
import { catalogueOf, modelFacts, rawCall, replyText, withSignature } from '../serve/catalogue.ts';

/** What a protocol brings to inherit the suite: how its client sends tensors and reads a reply. */
export interface ProtocolCaller {
  readonly protocol: Protocol;
  /** Path and parameters of a predict call for `model`. */
  call(model: string): { readonly route: string; readonly params: Readonly<Record<string, string>> };
  /** A body that carries the tensors. */
  body(tensors: readonly Tensor[]): string | Uint8Array;
  /** Output values by name, as the client's language sees them, of a reply to `body`. */
  outputs(reply: RawReply, names: readonly string[]): ReadonlyMap<string, unknown>;
  /** The message a client would show of an error reply. */
  errorText(reply: RawReply): string;
  /** Headers of a call with the body made last. */
  headers?(): Readonly<Record<string, string>>;
}

export function protocolConformance(caller: ProtocolCaller): void {
  const { protocol } = caller;
  const facts = modelFacts();

  function decode(body: string | Uint8Array, model: ModelFacts = facts): Decoded {
    const { route, params } = caller.call(model.name);
    const call = rawCall(route, body, { params, headers: caller.headers?.() ?? {} });
    return inferRoute(protocol, route).decode(call, catalogueOf(model));
  }

  function refusal(body: string | Uint8Array, model: ModelFacts = facts): MdeployError {
    try {
      decode(body, model);
    } catch (error) {
      if (error instanceof MdeployError) return error;
      throw error;
    }
    throw new Error('the body was taken');
  }

  const refused = (error: MdeployError) =>
    protocol.encodeError(error, { id: 'request-1', method: 'POST', path: '/x' });

  describe(`${protocol.name}: requests and replies`, () => {
    test.each(datatypes)('%s goes in and comes out unchanged', (datatype) => {
      const tensor = sample(datatype, [2, 3]);
      const spec = { name: 'x', datatype, shape: ['batch', 3] };
      const { request, encode } = decode(caller.body([tensor]), withSignature([spec], [spec]));
      expect(request.inputs.map(asText)).toEqual([tensor]);
      const reply = encode({ model: 'iris', version: '1', outputs: request.inputs });
      expect(reply.status).toBe(200);
      expect(caller.outputs(reply, ['x']).get('x')).toEqual(nested(tensor));
    });

    test('several inputs and outputs keep their names, whatever these are', () => {
      const names = ['__proto__', 'constructor', 'toString', 'a"\\b é', 'b64'];
      const specs = names.map((name) => ({ name, datatype: 'FP32' as const, shape: ['batch', 3] }));
      const tensors = names.map((name) => ({ ...sample('FP32', [2, 3]), name }));
      const { request, encode } = decode(caller.body(tensors), withSignature(specs, specs));
      expect(request.inputs).toEqual(tensors);
      const outputs = caller.outputs(encode({ model: 'iris', version: '1', outputs: tensors }), names);
      for (const tensor of tensors) expect(outputs.get(tensor.name)).toEqual(nested(tensor));
    });

    test('FP32 values of any size survive', () => {
      const values = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 });
      fc.assert(
        fc.property(values, (list) => {
          const tensor: Tensor = {
            name: 'x',
            datatype: 'FP32',
            shape: [list.length, 1],
            data: Float32Array.from(list, (value) => value + 0),
          };
          const spec = { name: 'x', datatype: 'FP32' as const, shape: ['batch', 1] };
          const { request, encode } = decode(caller.body([tensor]), withSignature([spec], [spec]));
          expect(request.inputs).toEqual([tensor]);
          const read = caller
            .outputs(encode({ model: 'iris', version: '1', outputs: [tensor] }), ['x'])
            .get('x');
          expect((read as number[][]).map(([value]) => Math.fround(value!))).toEqual([
            ...(tensor.data as Float32Array),
          ]);
        }),
      );
    });

    test('the model asked for is the model named', () => {
      expect(decode(caller.body([{ ...sample('FP32', [1, 4]), name: 'X' }])).request.model).toBe('iris');
    });
  });

  describe(`${protocol.name}: refusals`, () => {
    const good = caller.body([{ ...sample('FP32', [2, 4]), name: 'X' }]);
    const goodBytes = typeof good === 'string' ? Buffer.from(good) : good;

    test("a body cut short anywhere is refused as the client's fault", () => {
      for (let length = 0; length < goodBytes.length; length++) {
        const error = refusal(goodBytes.subarray(0, length));
        expect(refused(error).status).toBe(400);
      }
    });

    test('any bytes give an answer or a 4xx, never a fault of ours', () => {
      const damaged = fc
        .tuple(fc.nat(), fc.uint8Array({ maxLength: 4 }), fc.nat({ max: 4 }))
        .map(([at, put, cut]) => {
          const place = at % goodBytes.length;
          return Buffer.concat([goodBytes.subarray(0, place), put, goodBytes.subarray(place + cut)]);
        });
      fc.assert(
        fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 50 })), (bytes) => {
          try {
            decode(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(MdeployError);
            expect((error as MdeployError).http).toBe(400);
            expect(caller.errorText(refused(error as MdeployError))).not.toBe('');
          }
        }),
        { numRuns: 1000 },
      );
    });

    test('a fault of ours shows no path, no stack, and the request id', () => {
      const cause = new TypeError('cannot read /home/someone/model.onnx');
      for (const error of [
        asMdeployError(cause),
        failure('FILE_UNREADABLE', { file: '/home/someone/model.onnx', reason: 'it is gone' }, { cause }),
        failure('ENGINE_FAULT', { name: 'iris', reason: 'at Run (/usr/lib/x.js:1:1)' }),
      ]) {
        const reply = refused(error);
        expect(reply.status).toBe(500);
        expect(replyText(reply)).not.toMatch(/\/home|\/usr|\bat |\.onnx|\.js|TypeError/);
        expect(replyText(reply)).toContain('request-1');
      }
    });

    test.each([
      [failure('QUEUE_FULL', { name: 'iris', limit: 8 }, { retryAfter: 1.2 }), 503],
      [failure('SHUTTING_DOWN', {}), 503],
      [failure('MODEL_NOT_READY', { name: 'iris' }), 503],
      [failure('DEADLINE_EXCEEDED', { limit: 10 }), 504],
      [failure('BODY_TOO_LARGE', { limit: 10 }), 413],
      [failure('ENCODING_UNSUPPORTED', { encoding: 'br' }), 415],
      [failure('MODEL_NOT_FOUND', { name: 'x', models: 'iris' }), 404],
      [failure('VERSION_NOT_FOUND', { name: 'x', version: '2', versions: '1' }), 404],
    ] as const)('%s keeps its status', (error, status) => {
      const reply = refused(error);
      expect(reply.status).toBe(status);
      expect(caller.errorText(reply).length).toBeGreaterThan(3);
      if (error.code === 'QUEUE_FULL') expect(reply.headers['retry-after']).toBe('2');
    });

    test('a wrong value is shown with what was received', () => {
      const bad = caller.body([{ ...sample('BYTES', [2, 4]), name: 'X' }]);
      const error = refusal(bad);
      expect(['INPUT_VALUE', 'INPUT_DATATYPE']).toContain(error.code);
      expect(caller.errorText(refused(error)).length).toBeGreaterThan(10);
    });
  });
}

/** Strings that came as bytes, as the strings they are. */
export function asText(tensor: Tensor): Tensor {
  if (tensor.datatype !== 'BYTES') return tensor;
  const decode = (element: BytesElement) =>
    typeof element === 'string' ? element : Buffer.from(element).toString('utf8');
  return { ...tensor, data: (tensor.data as BytesElement[]).map(decode) };
}

/** The infer route of a path as the router would find it. */
function inferRoute(protocol: Protocol, path: string): Extract<Route, { kind: 'infer' }> {
  const route = protocol.routes.find((candidate) => candidate.path === path);
  if (route?.kind !== 'infer') throw new Error(`${protocol.name} has no infer route ${path}`);
  return route;
}

/** A tensor of values that differ, with the edges of the datatype where JSON clients can name them. */
export function sample(datatype: Datatype, shape: readonly [number, number]): Tensor {
  const count = shape[0] * shape[1];
  const base = { name: 'x', datatype, shape };
  if (datatype === 'BYTES')
    return { ...base, data: ['', 'text', 'é"\\\n', '😀', 'a', 'b', 'c', 'd'].slice(0, count) };
  const data = allocate(datatype, count);
  for (let index = 0; index < count; index++) {
    if (data instanceof BigInt64Array || data instanceof BigUint64Array)
      data[index] = BigInt(index) * 2n ** 60n;
    else if (datatype === 'BOOL') data[index] = index % 2;
    else if (datatype === 'FP16') data[index] = encodeFloat16(index / 8);
    else if (datatype === 'FP32' || datatype === 'FP64') data[index] = index / 8 - 0.5;
    else data[index] = index * 20;
  }
  return { ...base, data };
}

/** The tensor as JSON.parse would give it to a client. */
export function nested(tensor: Tensor): unknown {
  const values = [...tensor.data].map((value) => shown(value, tensor.datatype));
  return [...tensor.shape]
    .slice(1)
    .reverse()
    .reduce<unknown[]>(
      (list, length) =>
        Array.from({ length: list.length / length }, (_, row) =>
          list.slice(row * length, (row + 1) * length),
        ),
      values,
    );
}

function shown(value: unknown, datatype: Datatype): unknown {
  if (datatype === 'BOOL') return value === 1;
  if (typeof value === 'bigint') return Number(value);
  if (datatype === 'FP16') return decodeFloat16(value as number);
  return value;
}
