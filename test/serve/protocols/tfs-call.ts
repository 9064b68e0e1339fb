import { expect } from 'vitest';
import { MdeployError } from '../../../src/core/errors/error.ts';
import { Router } from '../../../src/serve/doors/router.ts';
import type { ModelFacts, RawReply } from '../../../src/serve/protocol.ts';
import { plain } from '../../../src/serve/protocols/plain.ts';
import { tfs } from '../../../src/serve/protocols/tfs.ts';
import { catalogueOf, rawCall, replyText, serverFacts, withSignature } from '../catalogue.ts';

const router = new Router([plain, tfs], plain);
export const half = withSignature([{ name: 'x', datatype: 'FP32', shape: ['batch'] }]);
export const both = withSignature([
  { name: 'a', datatype: 'INT32', shape: ['batch'] },
  { name: 'b', datatype: 'BYTES', shape: ['batch', 2] },
]);

/** A call as the door makes it, up to the tensors or the reply. */
export function send(
  method: string,
  path: string,
  body = '',
  models: readonly ModelFacts[] = [half],
  headers = {},
) {
  const match = router.match(method, path);
  const call = rawCall(path, body, { method, headers, ...('params' in match && { params: match.params }) });
  try {
    if ('error' in match) throw match.error;
    const catalogue = catalogueOf(...models);
    if (match.route.kind === 'infer') return { decoded: match.route.decode(call, catalogue) };
    return { reply: match.route.answer(call, catalogue, serverFacts()) as RawReply };
  } catch (error) {
    if (!(error instanceof MdeployError)) throw error;
    return { reply: match.protocol.encodeError(error, call) };
  }
}

export function predict(body: string, model = half) {
  const { decoded, reply } = send('POST', `/v1/models/${model.name}:predict`, body, [model]);
  if (!decoded) throw new Error(replyText(reply!));
  return decoded;
}

export function inputsOf(body: string, model = half) {
  return predict(body, model).request.inputs.map(({ name, shape, data }) => [name, shape, [...data]]);
}

export function refused(method: string, path: string, body?: string, models?: readonly ModelFacts[]) {
  const { reply } = send(method, path, body, models);
  if (!reply) throw new Error('the request was taken');
  expect(reply.headers['content-type']).toBe('application/json');
  return [reply.status, (JSON.parse(replyText(reply)) as { error: string }).error] as const;
}

export function get(path: string, models: readonly ModelFacts[]): string {
  const { reply } = send('GET', path, '', models);
  expect(reply?.status).toBe(200);
  return replyText(reply!);
}
