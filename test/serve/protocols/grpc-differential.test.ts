import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { datatypes, type Tensor, type TensorSpec } from '../../../src/core/tensor.ts';
import { v2 } from '../../../src/serve/protocols/v2.ts';
import { asText } from '../../conformance/protocols.ts';
import { catalogueOf, withSignature } from '../catalogue.ts';
import { decodeReply, grpcSender } from '../grpc-send.ts';
import { sender } from '../send.ts';
import { tensors } from './any-tensor.ts';
import { grpcCallers } from './grpc-callers.ts';
import { binaryMessage, rawBytes, readReply } from './v2-client.ts';

const rest = sender([v2]);

function modelFor({ datatype, shape }: Tensor) {
  const spec: TensorSpec = { name: 'x', datatype, shape: ['batch', ...shape.slice(1)] };
  return catalogueOf(withSignature([spec], [spec]));
}

/** The bits that v2 over REST reads of a tensor and writes of it. */
async function overRest(tensor: Tensor) {
  const message = binaryMessage([tensor], { parameters: { binary_data_output: true } });
  const sent = await rest('POST', '/v2/models/iris/infer', { ...message, catalogue: modelFor(tensor) });
  if (!sent.decoded) throw sent.error;
  const reply = sent.decoded.encode({ model: 'iris', version: '1', outputs: [tensor] });
  return { read: sent.decoded.request.inputs, written: readReply(reply).blobs.get('x') };
}

describe('the same tensor over REST and gRPC', () => {
  test.each(datatypes)('%s is read and written with the same bits', async (datatype) => {
    await fc.assert(
      fc.asyncProperty(tensors(datatype), async (tensor) => {
        const { read, written } = await overRest(tensor);
        for (const { name, protocol, method, request, tensors: readBack } of grpcCallers) {
          const catalogue = modelFor(tensor);
          const { decoded, error } = grpcSender(protocol)(method, request('iris', [tensor]), { catalogue });
          if (!decoded) throw error;
          expect(decoded.request.inputs.map(({ shape }) => shape)).toEqual(read.map(({ shape }) => shape));
          expect(decoded.request.inputs.map(asText).map(rawBytes), name).toEqual(
            read.map(asText).map(rawBytes),
          );
          const reply = decoded.encode({ model: 'iris', version: '1', outputs: [tensor] });
          expect(readBack(decodeReply(method, reply), [tensor]).map(rawBytes), name).toEqual([written]);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('the same fault over REST and gRPC', () => {
  const tensor: Tensor = { name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(1, 2) };
  const strings: Tensor = { ...tensor, datatype: 'BYTES', data: ['a', 'b'] };
  const other: Tensor = { ...tensor, name: 'q' };
  const v2Callers = grpcCallers.filter(({ protocol }) => protocol.name === 'v2');

  test.each([
    ['another model', 'nope', tensor],
    ['another datatype', 'iris', strings],
    ['another input', 'iris', other],
    ['values that the shape does not take', 'iris', { ...tensor, shape: [2, 2] }],
  ])('%s has the same code; over v2 the same message', async (_, model, wrong) => {
    const catalogue = modelFor(tensor);
    const { error } = await rest('POST', `/v2/models/${model}/infer`, {
      ...binaryMessage([wrong]),
      catalogue,
    });
    for (const { protocol, method, request, name } of v2Callers) {
      const sent = grpcSender(protocol)(method, request(model, [wrong]), { catalogue });
      expect(sent.error?.code, name).toBe(error?.code);
      expect(sent.error?.grpc, name).toBe(error?.grpc);
      // A typed list counts values where raw data counts bytes.
      if (error?.code !== 'REQUEST_INVALID') expect(sent.error?.message, name).toBe(error?.message);
    }
  });
});
