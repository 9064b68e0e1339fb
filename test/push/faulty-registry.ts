import { createServer as createHttpServer, request } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** Something between the engine and a real registry. */
export interface Between {
  /** `127.0.0.1:PORT`, the first part of an image name. */
  readonly host: string;
  /** How often it misbehaved. */
  readonly faults: () => number;
  close(): Promise<void>;
}

/**
 * A TCP proxy that resets a connection once `bytes` have come from the client over it.
 * @param times how many connections; the ones after that pass
 */
export async function cuttingProxy(
  registry: string,
  bytes: number,
  times = Number.POSITIVE_INFINITY,
): Promise<Between> {
  let faults = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(portOf(registry), '127.0.0.1');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.once('close', () => {
        sockets.delete(socket);
        client.destroy();
        upstream.destroy();
      });
      // A reset is what this proxy is for; close follows.
      socket.on('error', () => socket.destroy());
    }
    let seen = 0;
    client.on('data', (chunk) => {
      seen += chunk.length;
      if (seen > bytes && faults < times) {
        faults++;
        client.resetAndDestroy();
      } else upstream.write(chunk);
    });
    upstream.pipe(client);
  });
  const host = await listen(server);
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { host, faults: () => faults, close };
}

/** An HTTP proxy that answers `status` to matching requests, `times` times, and is honest otherwise. */
export async function refusingProxy(
  registry: string,
  options: { status: number; match: RegExp; times: number; body?: string },
): Promise<Between> {
  let faults = 0;
  const server = createHttpServer((call, answer) => {
    if (faults < options.times && options.match.test(`${call.method} ${call.url}`)) {
      faults++;
      call.resume();
      answer.writeHead(options.status, { 'content-type': 'application/json', 'retry-after': '1' });
      answer.end(options.body ?? 'busy');
      return;
    }
    const { method, url: path, headers } = call;
    const upstream = request(
      { host: '127.0.0.1', port: portOf(registry), method, path, headers },
      (reply) => {
        answer.writeHead(reply.statusCode ?? 502, reply.headers);
        reply.pipe(answer);
      },
    );
    upstream.on('error', () => answer.destroy());
    call.pipe(upstream);
  });
  const host = await listen(server);
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { host, faults: () => faults, close };
}

function portOf(host: string): number {
  return Number(host.split(':')[1]);
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
