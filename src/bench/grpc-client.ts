import { credentials, Client as GrpcClient, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import type { Client, ClientOptions, Outcome } from './client.ts';

/** Calls one method over and over, on connections of their own, `streams` calls at a time on each. */
export function openGrpcClient({ url, body, connections, streams = 1, timeoutMs }: ClientOptions): Client {
  const clients = Array.from(
    { length: connections },
    () => new GrpcClient(url.host, credentials.createInsecure(), options),
  );
  // A free place is a connection that may take one more call.
  const free = Array.from({ length: streams }, () => clients).flat();
  const waiting: ((client: GrpcClient) => void)[] = [];
  const leave = (client: GrpcClient) => {
    const next = waiting.shift();
    if (next) next(client);
    else free.push(client);
  };
  const call = (client: GrpcClient, resolve: (outcome: Outcome) => void) => {
    const deadline = Date.now() + timeoutMs;
    client.makeUnaryRequest(
      url.pathname,
      asIs,
      asIs,
      body.bytes,
      noMetadata,
      { deadline },
      (error, reply) => {
        leave(client);
        resolve(error ? broken(error) : { status: 200, headers: {}, body: reply! });
      },
    );
  };
  return {
    send: () =>
      new Promise((resolve) => {
        const client = free.shift();
        if (client) call(client, resolve);
        else waiting.push((next) => call(next, resolve));
      }),
    close: () => {
      for (const client of clients) client.close();
    },
  };
}

// Refusals say why; what never got to a server has only the name of its fault.
function broken({ code, details }: ServiceError): Outcome {
  const outcome = (name: string, text = '') => ({ status: name, headers: {}, body: Buffer.from(text) });
  if (code === status.DEADLINE_EXCEEDED) return outcome('timeout');
  if (code === status.UNAVAILABLE && /ECONN|No connection|Connection dropped/.test(details))
    return outcome(/ECONN\w+/.exec(details)?.[0] ?? 'ECONNRESET');
  return outcome(status[code], details || status[code]);
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}

const noMetadata = new Metadata();
const options = {
  // Without it all channels to one address would share one connection.
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_retries': 0,
  'grpc.enable_channelz': 0,
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
};
