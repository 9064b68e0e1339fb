import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { MdeployError } from '../../core/errors/error.ts';
import { unpackError } from '../../core/errors/wire.ts';
import { roleEntry } from '../../core/roles.ts';
import type { Announcement } from '../announcement.ts';
import type { DoorName } from '../doors/gate.ts';
import type { Answer, Beginning, FromProcess, Question, ToProcess } from './messages.ts';

export interface MemberEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Why it could not start, in its own words. */
  readonly error?: MdeployError;
}

export interface MemberEvents {
  /** It has become `open` or `ready`. */
  changed(): void;
  /** It takes no more connections. */
  closing(): void;
  asked(question: Question, member: Member): Promise<Answer>;
  /** Connections that it was given and never took. */
  returned(connections: readonly Connection[]): void;
}

/** A connection that no process has yet. */
export interface Connection {
  readonly door: DoorName;
  readonly socket: Socket;
}

/**
 * One process of the server, seen from its supervisor. `open`: it takes connections, its models are being loaded.
 * `leaving`: it ends when what is in progress is finished.
 */
export class Member {
  readonly number: number;
  readonly begun = performance.now();
  /** Settles once, when the process is gone. */
  readonly ended: Promise<MemberEnd>;
  /** Settles when a replacement is due: the process is broken, or gone. */
  readonly lost: Promise<void>;
  state: 'starting' | 'open' | 'ready' | 'leaving' = 'starting';
  announcement: Announcement | undefined;
  readonly #process: ChildProcess;
  readonly #events: MemberEvents;
  readonly #asked = new Map<number, (answer: Answer | undefined) => void>();
  readonly #broken = Promise.withResolvers<void>();
  #error: MdeployError | undefined;
  #questions = 0;
  /** Sent, and not taken yet; our copies of them are still open. */
  readonly #onTheWay: Connection[] = [];
  #taken = 0;
  #open = 0;

  constructor(beginning: Beginning, events: MemberEvents) {
    this.number = beginning.number;
    this.#events = events;
    this.#process = fork(fileURLToPath(roleEntry('server-process')), [], {
      env: { ...allocator, ...process.env, MDEPLOY_ROLE: 'server-process' },
      serialization: 'advanced',
    });
    this.ended = this.#watch();
    this.lost = Promise.race([this.#broken.promise, this.ended.then(() => undefined)]);
    this.#send({ kind: 'begin', beginning });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Connections that are open in it or on their way to it. */
  get load(): number {
    return this.#open + this.#onTheWay.length;
  }

  give(connection: Connection): void {
    const { door, socket } = connection;
    this.#onTheWay.push(connection);
    const message: ToProcess = { kind: 'connection', door };
    // Kept open here until it is known to have arrived: a process may be dead before its end is noticed.
    if (this.#process.connected) this.#process.send(message, socket, { keepOpen: true }, () => undefined);
  }

  /** @returns undefined when the process ends before it answers */
  ask(question: Question): Promise<Answer | undefined> {
    const id = ++this.#questions;
    return new Promise((resolve) => {
      this.#asked.set(id, resolve);
      this.#send({ kind: 'question', id, question });
    });
  }

  /** Lets it finish what is in progress, then end. One that has nothing yet is ended at once. */
  drain(): void {
    if (this.state === 'leaving') return;
    if (this.state === 'ready') this.#send({ kind: 'drain' });
    else this.kill();
    this.state = 'leaving';
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }

  // How a process ends says what became of its messages.
  #send(message: ToProcess): void {
    if (this.#process.connected) this.#process.send(message, () => undefined);
  }

  #watch(): Promise<MemberEnd> {
    const child = this.#process;
    child.on('message', (message) => this.#take(message as FromProcess));
    return new Promise((resolve) => {
      const settle = (exitCode: number | null, signal: NodeJS.Signals | null) => {
        for (const answer of this.#asked.values()) answer(undefined);
        this.#asked.clear();
        this.#events.returned(this.#onTheWay.splice(0));
        resolve({ exitCode, signal, ...(this.#error && { error: this.#error }) });
      };
      child.once('error', () => child.pid === undefined && settle(null, null));
      child.once('exit', settle);
    });
  }

  #take(message: FromProcess): void {
    switch (message.kind) {
      case 'open':
      case 'ready':
        if (this.state !== 'leaving') this.state = message.kind;
        if (message.kind === 'ready') this.announcement = message.announcement;
        this.#events.changed();
        return;
      case 'failed':
        this.#error = unpackError(message.error);
        // It has said why; nothing that is left in it may keep it.
        this.kill();
        return;
      case 'connections':
        for (const { socket } of this.#onTheWay.splice(0, message.taken - this.#taken)) socket.destroy();
        this.#taken = message.taken;
        this.#open = message.open;
        return;
      case 'question':
        void this.#events.asked(message.question, this).then((answer) => {
          this.#send({ kind: 'answer', id: message.id, answer });
        });
        return;
      case 'answer':
        this.#asked.get(message.id)?.(message.answer);
        this.#asked.delete(message.id);
        return;
      case 'broken':
        this.#broken.resolve();
        return;
      case 'closing':
        this.#events.closing();
    }
  }
}

/** As in images: glibc gives the memory of unloaded models back. */
const allocator = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '65536',
  MALLOC_MMAP_THRESHOLD_: '65536',
};
