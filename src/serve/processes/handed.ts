import type { Socket } from 'node:net';
import {
  type DoorName,
  type Gate,
  isHalfOpen,
  maxConnections,
  type OpenGate,
  Sockets,
} from '../doors/gate.ts';
import type { FromProcess } from './messages.ts';

/** How often the supervisor is told that connections have ended, milliseconds. */
const reportMs = 50;

/** The doors' connections come from the supervisor, which listens. */
export class HandedGates {
  readonly #ports: Readonly<Partial<Record<DoorName, number>>>;
  readonly #tell: (message: FromProcess) => void;
  readonly #sockets: Readonly<Record<DoorName, Sockets>> = { http: new Sockets(), grpc: new Sockets() };
  readonly #takers: Partial<Record<DoorName, (socket: Socket) => void>> = {};
  #taken = 0;
  #soon: NodeJS.Timeout | undefined;

  constructor(ports: Readonly<Partial<Record<DoorName, number>>>, tell: (message: FromProcess) => void) {
    this.#ports = ports;
    this.#tell = tell;
  }

  readonly open: OpenGate = async (door, at, take): Promise<Gate> => {
    this.#takers[door] = take;
    const sockets = this.#sockets[door];
    return {
      host: at.host,
      port: this.#ports[door]!,
      close: () => {
        this.#tell({ kind: 'closing' });
        return sockets.whenEmpty();
      },
      cut: () => sockets.cut(),
    };
  };

  /** @param socket undefined when the client went away on the way here */
  take(door: DoorName, socket: Socket | undefined): void {
    this.#taken += 1;
    // At once, before anything is read from it: until then the supervisor would give it to another, were we to die.
    this.#report();
    const taker = this.#takers[door];
    const sockets = this.#sockets[door];
    if (socket && taker && sockets.size < maxConnections) {
      socket.allowHalfOpen = isHalfOpen(door);
      socket.setNoDelay(true);
      sockets.add(socket);
      socket.once('close', () => this.#reportSoon());
      taker(socket);
    } else socket?.destroy();
  }

  #reportSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#report();
    }, reportMs).unref();
  }

  #report(): void {
    const { http, grpc } = this.#sockets;
    this.#tell({ kind: 'connections', taken: this.#taken, open: http.size + grpc.size });
  }
}
