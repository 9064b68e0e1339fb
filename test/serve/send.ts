import { MdeployError } from '../../src/core/errors/error.ts';
import { Router } from '../../src/serve/doors/router.ts';
import type { Catalogue, Decoded, Protocol, RawReply, ServerFacts } from '../../src/serve/protocol.ts';
import { catalogueOf, modelFacts, rawCall, replyText, serverFacts } from './catalogue.ts';

export interface Sent {
  /** What an inference route read. */
  readonly decoded?: Decoded;
  /** What everything else answered. */
  readonly reply?: RawReply;
  readonly error?: MdeployError;
}

export interface Asked {
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  readonly catalogue?: Catalogue;
  readonly server?: ServerFacts;
}

/** Sends calls the way the door makes them, up to the tensors or the reply. */
export function sender(protocols: readonly Protocol[]) {
  const router = new Router(protocols, protocols[0]!);
  return async (method: string, url: string, asked: Asked = {}): Promise<Sent> => {
    const [path = '', search] = url.split('?');
    const query = new URLSearchParams(search);
    const { body = '', headers = {}, catalogue = catalogueOf(modelFacts()), server = serverFacts() } = asked;
    const match = router.match(method, path);
    const call = rawCall(path, body, {
      method,
      headers,
      query,
      ...('params' in match && { params: match.params }),
    });
    try {
      if ('error' in match) throw match.error;
      const { route } = match;
      if (route.kind === 'infer') return { decoded: route.decode(call, catalogue) };
      return { reply: await route.answer(call, catalogue, server) };
    } catch (error) {
      if (!(error instanceof MdeployError)) throw error;
      return { error, reply: match.protocol.encodeError(error, call) };
    }
  };
}

/** Status and document of a reply. */
export function shown({ reply }: Sent): { readonly status: number; readonly document: unknown } {
  if (!reply) throw new Error('an inference route took the call');
  const text = replyText(reply);
  return { status: reply.status, document: text === '' ? undefined : JSON.parse(text) };
}
