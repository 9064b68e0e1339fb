import { connect, type Socket } from 'node:net';

export interface RawReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A connection that sends exactly the bytes it is given and reads replies by their Content-Length. */
export class RawClient {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  #received = Buffer.alloc(0);
  #isClosed = false;
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#wake();
    });
    // A reset is how a refused upload may end; what was read before it counts.
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#isClosed = true;
        this.#wake();
        resolve();
      });
    });
  }

  static async open(port: number): Promise<RawClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', () => resolve());
      socket.once('error', reject);
    });
    return new RawClient(socket);
  }

  send(text: string | Uint8Array): this {
    this.socket.write(text);
    return this;
  }

  /** The next reply (100 Continue counts as one); undefined when the server closes instead or says nothing for `ms`. */
  async reply({ head = false, ms = 3000 } = {}): Promise<RawReply | undefined> {
    const end = performance.now() + ms;
    for (;;) {
      const reply = this.#parse(head);
      if (reply) return reply;
      const left = end - performance.now();
      if (this.#isClosed || left <= 0) return undefined;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  destroy(): void {
    this.socket.destroy();
  }

  #parse(head: boolean): RawReply | undefined {
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const [start = '', ...lines] = this.#received.toString('latin1', 0, end).split('\r\n');
    const headers = Object.fromEntries(
      lines.map((line) => [
        line.slice(0, line.indexOf(':')).toLowerCase(),
        line.slice(line.indexOf(':') + 1).trim(),
      ]),
    );
    const status = Number(start.split(' ')[1]);
    const length = head || status === 100 ? 0 : Number(headers['content-length'] ?? 0);
    if (this.#received.length < end + 4 + length) return undefined;
    const body = this.#received.toString('utf8', end + 4, end + 4 + length);
    this.#received = this.#received.subarray(end + 4 + length);
    return { status, headers, body };
  }
}

/** Sends the bytes on a connection of their own: the first reply. */
export async function exchange(port: number, bytes: string | Uint8Array): Promise<RawReply | undefined> {
  const client = await RawClient.open(port);
  const reply = await client.send(bytes).reply();
  client.destroy();
  return reply;
}

export const host = 'Host: a\r\n';

export function predict(body: string, headers = ''): string {
  const length = Buffer.byteLength(body);
  return `POST /predict HTTP/1.1\r\n${host}${headers}Content-Length: ${length}\r\n\r\n${body}`;
}

export function get(path: string, headers = ''): string {
  return `GET ${path} HTTP/1.1\r\n${host}${headers}\r\n`;
}
