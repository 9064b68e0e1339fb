import { setTimeout as pause } from 'node:timers/promises';
import { failure, type MdeployError } from '../../core/errors/error.ts';
import { within } from '../../core/within.ts';
import type { Logger } from '../../observability/log.ts';
import type { Announcement } from '../announcement.ts';
import { Figures } from './figures.ts';
import { type Connection, Member, type MemberEnd } from './member.ts';
import type { Answer, Beginning, Question } from './messages.ts';
import { Turns } from './turns.ts';

export interface CrewOptions {
  readonly beginning: Omit<Beginning, 'number' | 'isProven' | 'changes'>;
  /** The models need not be tried in a throw-away process. */
  readonly isProven: boolean;
  readonly log: Logger;
  /** The processes take no more connections. */
  closing(): void;
}

/** The processes of a server: started, given connections, asked, replaced when they end, drained. */
export class Crew {
  readonly #options: CrewOptions;
  readonly #members = new Set<Member>();
  readonly #held: Connection[] = [];
  readonly #figures = new Figures();
  readonly #turns: Turns;
  readonly #drained = new AbortController();
  /** Who waits for the start of a process. */
  readonly #waiting = new Map<Member, (announcement: Announcement) => void>();
  /** Whether one was ready once: from then on connections wait for one that is. */
  #wasReady = false;

  constructor(options: CrewOptions) {
    this.#options = options;
    this.#turns = new Turns(options.log);
  }

  /**
   * Starts the processes; where the models are still to be tried, the first does so before the others are started.
   * @throws MdeployError why the first cannot start, `PROCESS_DIED`
   */
  async start(): Promise<Announcement> {
    const { isProven, beginning } = this.#options;
    const first = this.#startOne(1, isProven);
    if (!isProven) await first;
    const others = Array.from({ length: beginning.count - 1 }, (_, index) => this.#startOne(index + 2, true));
    const [announcement] = await Promise.all([first, ...others]);
    return announcement;
  }

  /** Gives a connection to the process with the fewest; keeps it while there is none. */
  give(connection: Connection): void {
    const able = [...this.#members].filter(
      ({ state }) => state === 'ready' || (!this.#wasReady && state === 'open'),
    );
    const [first, ...others] = able;
    if (first)
      others.reduce((least, other) => (other.load < least.load ? other : least), first).give(connection);
    else if (this.#held.length < maxHeld && !this.#drained.signal.aborted) this.#held.push(connection);
    else connection.socket.destroy();
  }

  /**
   * Lets every process finish what is in progress and end.
   * @returns whether all of them could within the grace (milliseconds)
   */
  async drain(graceMs: number): Promise<boolean> {
    this.#drained.abort();
    const members = [...this.#members];
    // One that was not ready has nothing to finish, and is ended.
    const serving = members.filter(({ state }) => state !== 'starting' && state !== 'open');
    for (const member of members) member.drain();
    const ends = await within(graceMs, Promise.all(serving.map(({ ended }) => ended)));
    for (const { socket } of this.#held) socket.destroy();
    if (!ends) this.kill();
    return ends?.every(({ exitCode }) => exitCode === 0) ?? false;
  }

  kill(): void {
    this.#drained.abort();
    for (const member of this.#members) member.kill();
  }

  /** A process that could be started, or why it could not. */
  async #startOne(number: number, isProven: boolean): Promise<Announcement> {
    const member = this.#spawn(number, isProven);
    const ready = Promise.withResolvers<Announcement>();
    this.#waiting.set(member, ready.resolve);
    void member.ended.then((end) => ready.reject(end.error ?? died(member, end)));
    const announcement = await ready.promise;
    void this.#keep(member);
    return announcement;
  }

  /** Replaces a process that is lost, for ever; one that does not live long is waited for longer each time. */
  async #keep(kept: Member): Promise<void> {
    const { isProven, log } = this.#options;
    let member = kept;
    let delay = firstDelayMs;
    while (true) {
      await member.lost;
      member.drain();
      if (performance.now() - member.begun > longLifeMs) delay = firstDelayMs;
      await pause(delay, undefined, { signal: this.#drained.signal }).catch(() => undefined);
      if (this.#drained.signal.aborted) return;
      delay = Math.min(delay * 2, longestDelayMs);
      // Another model may lie there by now than the one that was tried at the start.
      member = this.#spawn(member.number, isProven);
      log.warn(
        { process: member.number, pid: member.pid },
        'a process was started in place of one that was lost',
      );
    }
  }

  #spawn(number: number, isProven: boolean): Member {
    const { beginning, closing, log } = this.#options;
    const member = new Member(
      { ...beginning, number, isProven, changes: this.#turns.log.made },
      {
        changed: () => this.#changed(member),
        closing: () => this.#drained.signal.aborted && closing(),
        asked: (question) => this.#answer(question, member),
        returned: (connections) => {
          this.#members.delete(member);
          for (const connection of connections) this.give(connection);
        },
      },
    );
    this.#members.add(member);
    void member.ended.then((end) => {
      this.#members.delete(member);
      this.#figures.leave(member);
      // Whoever waits for its start is told.
      if (this.#waiting.delete(member)) return;
      if (member.state !== 'leaving' || end.exitCode !== 0) {
        const error = end.error ?? died(member, end);
        log.error({ process: number, pid: member.pid, code: error.code, err: error }, error.message);
      }
    });
    return member;
  }

  #changed(member: Member): void {
    const { announcement } = member;
    if (announcement) {
      this.#wasReady = true;
      this.#waiting.get(member)?.(announcement);
      this.#waiting.delete(member);
      this.#options.log.info({ process: member.number, pid: member.pid }, 'process ready');
    }
    for (const connection of this.#held.splice(0)) this.give(connection);
  }

  async #answer(question: Question, member: Member): Promise<Answer> {
    if (question.kind === 'snapshot') return { ok: true, value: await this.#figures.of([...this.#members]) };
    if (question.kind === 'turn') await this.#turns.take(member);
    if (question.kind === 'changed') await this.#turns.pass(question.change, member, [...this.#members]);
    return { ok: true, value: undefined };
  }
}

function died({ number }: Member, { exitCode, signal }: MemberEnd): MdeployError {
  return failure('PROCESS_DIED', { number, reason: signal ?? `exit code ${exitCode}` });
}

/** Connections that may wait for a process. */
const maxHeld = 1024;
const firstDelayMs = 100;
const longestDelayMs = 10_000;
const longLifeMs = 60_000;
