import { createServer, type Socket } from 'node:net';
import { listen } from './listen.ts';

export type DoorName = 'http' | 'grpc';

export interface Address {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

/** Where the connections of a door come from. */
export interface Gate {
  readonly host: string;
  readonly port: number;
  /** Takes no more connections. Resolves when the last one has ended. */
  close(): Promise<true>;
  /** Ends the connections that are left. */
  cut(): void;
}

/**
 * @param take told of every connection
 * @param failed told of connections that could not be taken: out of file descriptors, for example
 * @throws MdeployError `PORT_IN_USE`, `ADDRESS_UNAVAILABLE`
 */
export type OpenGate = (
  door: DoorName,
  at: Address,
  take: (socket: Socket) => void,
  failed: (error: Error) => void,
) => Promise<Gate>;

/** Connections of one process at most; more are closed at once. */
export const maxConnections = 12_000;

/** A port of this process. */
export const openPort: OpenGate = async (door, at, take, failed) => {
  const sockets = new Sockets();
  const server = createServer({ noDelay: true, allowHalfOpen: isHalfOpen(door) }, (socket) => {
    sockets.add(socket);
    take(socket);
  });
  server.maxConnections = maxConnections;
  const port = await listen(server, at);
  server.on('error', failed);
  return {
    host: at.host,
    port,
    close: async () => {
      // Right after connections were accepted, few wait in the kernel, which resets them.
      await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => server.close(resolve));
      return true;
    },
    cut: () => sockets.cut(),
  };
};

/** The open connections of a gate. */
export class Sockets {
  readonly #open = new Set<Socket>();
  #empty: (() => void) | undefined;

  get size(): number {
    return this.#open.size;
  }

  add(socket: Socket): void {
    this.#open.add(socket);
    socket.once('close', () => {
      this.#open.delete(socket);
      if (this.#open.size === 0) this.#empty?.();
    });
  }

  async whenEmpty(): Promise<true> {
    if (this.#open.size > 0) await new Promise<void>((resolve) => (this.#empty = resolve));
    return true;
  }

  cut(): void {
    for (const socket of this.#open) socket.destroy();
  }
}

/** Over HTTP/1 a client may end its side when it has sent its request, and still gets its answer. */
export function isHalfOpen(door: DoorName): boolean {
  return door === 'http';
}
