import { expect } from 'vitest';
import { MdeployError } from '../../../src/core/errors/error.ts';
import type { Tensor } from '../../../src/core/tensor.ts';
import type { ModelFacts } from '../../../src/serve/protocol.ts';
import { plain } from '../../../src/serve/protocols/plain.ts';
import { catalogueOf, modelFacts, rawCall, replyText, withSignature } from '../catalogue.ts';

export const iris = modelFacts();
export const half = withSignature([{ name: 'x', datatype: 'FP32', shape: ['batch'] }]);
export const credit = withSignature([
  { name: 'age', datatype: 'INT64', shape: ['batch', 1] },
  { name: 'job', datatype: 'BYTES', shape: ['batch', 1] },
]);
export const image = withSignature(
  [{ name: 'image', datatype: 'BYTES', shape: ['batch'] }],
  [{ name: 'label', datatype: 'BYTES', shape: ['batch', 3] }],
);

export function decode(
  body: string | Uint8Array,
  model: ModelFacts = iris,
  headers: Record<string, string> = {},
) {
  const route = plain.routes.find(({ path }) => path === '/predict');
  if (route?.kind !== 'infer') throw new Error('no route');
  return route.decode(rawCall('/predict', body, { headers }), catalogueOf(model));
}

export function inputsOf(body: string | Uint8Array, model?: ModelFacts, headers?: Record<string, string>) {
  return decode(body, model, headers).request.inputs.map(({ name, shape, data }) => [name, shape, [...data]]);
}

export function answer(body: string | Uint8Array, outputs: readonly Tensor[], model?: ModelFacts): unknown {
  const reply = decode(body, model).encode({ model: 'iris', version: '1', outputs });
  expect(reply).toMatchObject({ status: 200, headers: { 'content-type': 'application/json' } });
  return JSON.parse(replyText(reply));
}

export function refused(
  body: string | Uint8Array,
  model?: ModelFacts,
  headers?: Record<string, string>,
): Record<string, unknown> {
  try {
    decode(body, model, headers);
  } catch (error) {
    if (!(error instanceof MdeployError)) throw error;
    const reply = plain.encodeError(error, rawCall('/predict', body));
    return {
      status: reply.status,
      ...(JSON.parse(replyText(reply)) as { error: Record<string, string> }).error,
    };
  }
  throw new Error('the body was taken');
}
