import { describe, expect, test } from 'vitest';
import { MdeployError } from '../../../src/core/errors/error.ts';
import type { Tensor, TensorSpec } from '../../../src/core/tensor.ts';
import { compileGauge } from '../../../src/runtime/gauge.ts';
import type { Protocol } from '../../../src/serve/protocol.ts';
import { kserve } from '../../../src/serve/protocols/kserve.ts';
import { plain } from '../../../src/serve/protocols/plain.ts';
import { tfs } from '../../../src/serve/protocols/tfs.ts';
import { v2 } from '../../../src/serve/protocols/v2.ts';
import { asText } from '../../conformance/protocols.ts';
import { catalogueOf, withSignature } from '../catalogue.ts';
import { decodeReply, grpcSender } from '../grpc-send.ts';
import { sender } from '../send.ts';
import { byName } from './by-name.ts';
import { grpcCallers } from './grpc-callers.ts';
import { binaryMessage, jsonMessage, type V2Message } from './v2-client.ts';

interface Exchange {
  readonly read: readonly Tensor[];
  /** What goes out when the model answers what it got: the text of JSON, the values of everything else. */
  readonly written: string;
}

type Dialect = readonly [name: string, exchange: (tensor: Tensor, spec: TensorSpec) => Promise<Exchange>];

function rest(
  name: string,
  protocol: Protocol,
  path: string,
  message: (tensor: Tensor) => V2Message,
): Dialect {
  return [
    name,
    async (tensor, spec) => {
      const catalogue = catalogueOf(withSignature([spec], [{ ...spec, name: 'x' }]));
      const sent = await sender([protocol])('POST', path, { ...message(tensor), catalogue });
      if (!sent.decoded) throw sent.error;
      const { request, encode } = sent.decoded;
      const { body } = encode({ model: 'iris', version: '1', outputs: [tensor] });
      return { read: request.inputs, written: Buffer.from(body).toString('latin1') };
    },
  ];
}

const named = (tensor: Tensor): V2Message => ({
  body: Buffer.from(`{"inputs":${byName([tensor])}}`),
  headers: {},
});
const dialects: readonly Dialect[] = [
  rest('plain', plain, '/predict', named),
  rest('kserve', kserve, '/v1/models/iris:predict', named),
  rest('tfs', tfs, '/v1/models/iris:predict', named),
  rest('v2 JSON', v2, '/v2/models/iris/infer', (tensor) => jsonMessage([tensor])),
  rest('v2 binary', v2, '/v2/models/iris/infer', (tensor) =>
    binaryMessage([tensor], { parameters: { binary_data_output: true } }),
  ),
  ...grpcCallers.map(
    ({ name, protocol, method, request, tensors }): Dialect => [
      `gRPC ${name}`,
      async (tensor, spec) => {
        const catalogue = catalogueOf(withSignature([spec], [spec]));
        const { decoded, error } = grpcSender(protocol)(method, request('iris', [tensor]), { catalogue });
        if (!decoded) throw error;
        const reply = decoded.encode({ model: 'iris', version: '1', outputs: [tensor] });
        const [output] = tensors(decodeReply(method, reply), [tensor]);
        return { read: decoded.request.inputs, written: [...output!.data].join() };
      },
    ],
  ),
];

const spec = (shape: TensorSpec['shape']): TensorSpec => ({ name: 'x', datatype: 'FP32', shape });
const tensor = (shape: readonly number[], ...values: number[]): Tensor => ({
  name: 'x',
  datatype: 'FP32',
  shape,
  data: Float32Array.from(values),
});

describe.each(dialects)('%s', (name, exchange) => {
  test('a scalar', async () => {
    const { read } = await exchange(tensor([], 2.5), spec([]));
    expect(read.map(asText)).toEqual([tensor([], 2.5)]);
    expect(compileGauge({ inputs: [spec([])], outputs: [] })(read)).toHaveLength(1);
  });

  test('an axis without length, beside the batch', async () => {
    const { read } = await exchange(tensor([2, 0]), spec(['batch', 'n']));
    expect(read).toEqual([tensor([2, 0])]);
    expect(compileGauge({ inputs: [spec(['batch', 'n'])], outputs: [] })(read)).toEqual(read);
  });

  test('an empty batch is refused as a wrong shape', async () => {
    const gauge = compileGauge({ inputs: [spec(['batch'])], outputs: [] });
    const refused = await exchange(tensor([0]), spec(['batch'])).then(
      ({ read }) => thrownBy(() => gauge(read)),
      (error: unknown) => error,
    );
    expect(refused).toMatchObject({ code: 'INPUT_SHAPE', http: 400, grpc: 'INVALID_ARGUMENT' });
    expect((refused as MdeployError).remedy).toContain('at least one row');
  });

  test('values that are not finite come in as they are, and go out by the rule of the dialect', async () => {
    const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0];
    const { read, written } = await exchange(tensor([4], ...values), spec(['batch']));
    expect([...read[0]!.data]).toEqual(values);
    if (name === 'plain' || name === 'kserve') expect(written).toContain('null,null,null,-0');
    else if (name === 'v2 binary')
      expect(written).toContain('\x00\x00\xc0\x7f\x00\x00\x80\x7f\x00\x00\x80\xff');
    else expect(written).toMatch(/NaN, ?Infinity, ?-Infinity, ?-?0/);
  });
});

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    if (error instanceof MdeployError) return error;
    throw error;
  }
  return undefined;
}
