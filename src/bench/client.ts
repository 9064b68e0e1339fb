import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type RequestOptions,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { WireAnswer, WireBody } from './wire.ts';

/** Sends one request over and over, on connections that are kept open. */
export interface Client {
  /** Never rejects: what goes wrong is an outcome. */
  send(): Promise<Outcome>;
  close(): void;
}

export interface Outcome extends WireAnswer {
  /**
   * The HTTP status (200 for gRPC's OK), or why there is none: `ECONNREFUSED`, `timeout`; gRPC's code of a refusal, whose
   * words are the body.
   */
  readonly status: number | string;
}

export interface ClientOptions {
  /** Where the request goes, path included. */
  readonly url: URL;
  readonly body: WireBody;
  readonly connections: number;
  /** Calls at a time on each connection; HTTP/1.1 has one. */
  readonly streams?: number;
  readonly timeoutMs: number;
}

export function openClient({ url, body, connections, timeoutMs }: ClientOptions): Client {
  const isTls = url.protocol === 'https:';
  const settings = {
    keepAlive: true,
    maxSockets: connections,
    timeout: timeoutMs,
    scheduling: 'fifo',
  } as const;
  const agent = isTls ? new HttpsAgent(settings) : new HttpAgent(settings);
  const request = isTls ? httpsRequest : httpRequest;
  const options: RequestOptions = {
    method: 'POST',
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port,
    path: `${url.pathname}${url.search}`,
    headers: { host: url.host, ...body.headers, 'content-length': body.bytes.length },
    agent,
  };
  const once = (resolve: (outcome: Outcome) => void, isRetry: boolean): ClientRequest =>
    request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', (error) => resolve(broken(error)));
      response.on('end', () => {
        const whole = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: whole });
      });
    })
      .on('timeout', function (this: ClientRequest) {
        this.destroy(Object.assign(new Error('no answer in time'), { code: 'timeout' }));
      })
      .on('error', function (this: ClientRequest, error: NodeJS.ErrnoException) {
        // A server may close an idle connection just when it is used again; that is no fault of its answers.
        const isStale = this.reusedSocket && !isRetry && error.code === 'ECONNRESET';
        if (isStale) once(resolve, true).end(body.bytes);
        else resolve(broken(error));
      });
  return {
    send: () => new Promise((resolve) => void once(resolve, false).end(body.bytes)),
    close: () => agent.destroy(),
  };
}

function broken(error: NodeJS.ErrnoException): Outcome {
  return { status: error.code ?? error.message, headers: {}, body: Buffer.alloc(0) };
}
