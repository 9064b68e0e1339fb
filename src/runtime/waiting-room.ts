import { failure } from '../core/errors/error.ts';

export interface WaitingRoomLimits {
  /** Served name of the model, for errors. */
  readonly model: string;
  /** Runs in the engine at once. */
  readonly concurrency: number;
  /** Requests that may wait beside those that run. */
  readonly maxSize: number;
  /** Runs happen off the event loop, so that a deadline can fire while one is in progress. */
  readonly offLoop: boolean;
  /** Longest wait in milliseconds. */
  readonly timeoutMs: number;
}

/** What a request brings to the queue. Times are milliseconds of `performance.now()`, which no clock change moves. */
export interface Ticket {
  readonly deadline: number;
  /** Whole time the client was promised, for the message. */
  readonly limitMs: number;
  /** Calls `leave` when the client goes away, so that waiting work is dropped before inference; gives back the way to unsubscribe. */
  whenGone?(leave: () => void): () => void;
}

interface Waiting {
  start(): void;
}

/** A bounded queue before an engine: first come, first served; what is late or abandoned never reaches the engine. */
export class WaitingRoom {
  readonly #limits: WaitingRoomLimits;
  readonly #queue: Waiting[] = [];
  #running = 0;

  constructor(limits: WaitingRoomLimits) {
    this.#limits = limits;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  get running(): number {
    return this.#running;
  }

  /**
   * Runs `work` as soon as the engine has a place. A run cannot be stopped: past its deadline the caller is answered,
   * and the place stays taken until the run ends.
   * @throws MdeployError `QUEUE_FULL` (at once), `QUEUE_TIMEOUT`, `DEADLINE_EXCEEDED`, `CLIENT_GONE`
   */
  async enter<T>(ticket: Ticket, work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#limits.concurrency) await this.#wait(ticket);
    else this.#running += 1;
    const run = this.#occupy(work);
    return this.#limits.offLoop ? before(ticket, run) : run;
  }

  async #occupy<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      this.#running -= 1;
      this.#next();
    }
  }

  #wait(ticket: Ticket): Promise<void> {
    const { maxSize, model, timeoutMs } = this.#limits;
    if (this.#queue.length >= maxSize) {
      throw failure('QUEUE_FULL', { name: model, limit: maxSize }, { retryAfter: 1 });
    }
    return new Promise((resolve, reject) => {
      const left = ticket.deadline - performance.now();
      const leave = (error: Error) => {
        const place = this.#queue.indexOf(waiting);
        if (place >= 0) this.#queue.splice(place, 1);
        settle();
        reject(error);
      };
      const timer = setTimeout(
        () =>
          leave(
            left <= timeoutMs
              ? failure('DEADLINE_EXCEEDED', { limit: ticket.limitMs })
              : failure('QUEUE_TIMEOUT', { name: model, limit: timeoutMs }, { retryAfter: 1 }),
          ),
        Math.min(left, timeoutMs),
      );
      const unsubscribe = ticket.whenGone?.(() => leave(failure('CLIENT_GONE', {})));
      const settle = () => {
        clearTimeout(timer);
        unsubscribe?.();
      };
      const waiting: Waiting = {
        start: () => {
          settle();
          resolve();
        },
      };
      this.#queue.push(waiting);
    });
  }

  #next(): void {
    if (this.#running >= this.#limits.concurrency) return;
    const waiting = this.#queue.shift();
    if (!waiting) return;
    this.#running += 1;
    waiting.start();
  }
}

async function before<T>(ticket: Ticket, run: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => late.reject(failure('DEADLINE_EXCEEDED', { limit: ticket.limitMs })),
    Math.max(0, ticket.deadline - performance.now()),
  );
  try {
    return await Promise.race([run, late.promise]);
  } finally {
    clearTimeout(timer);
    // The loser of the race still settles; its failure has been answered already.
    run.catch(() => undefined);
  }
}
