import { failure } from '../core/errors/error.ts';
import { enqueue, usualPriority } from './queue-order.ts';

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
  /** 1 is the most urgent; default: `usualPriority`. */
  readonly priority?: number;
  /** Longest wait in milliseconds, where that is less than the queue allows. */
  readonly patienceMs?: number;
  /** Calls `leave` later, when the client goes away, so that waiting work is dropped before inference; gives back the way to unsubscribe. */
  whenGone?(leave: () => void): () => void;
}

interface Waiting {
  readonly priority: number;
  readonly until: number;
  start(): void;
  late(): void;
}

/** A bounded queue before an engine: the urgent first, then first come, first served; what is late or abandoned never reaches the engine. */
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
  enter<T>(ticket: Ticket, work: () => Promise<T>): Promise<T> {
    if (performance.now() >= ticket.deadline)
      return Promise.reject(failure('DEADLINE_EXCEEDED', { limit: ticket.limitMs }));
    if (this.#running >= this.#limits.concurrency)
      return this.#wait(ticket).then(() => this.#run(ticket, work));
    this.#running += 1;
    return this.#run(ticket, work);
  }

  // Each async function in the way of a request costs it three turns of the microtask queue, so there are few.
  #run<T>(ticket: Ticket, work: () => Promise<T>): Promise<T> {
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
    const { maxSize, model } = this.#limits;
    const { priority = usualPriority, patienceMs = Number.POSITIVE_INFINITY } = ticket;
    const timeoutMs = Math.min(this.#limits.timeoutMs, patienceMs);
    if (this.#queue.length >= maxSize) {
      return Promise.reject(failure('QUEUE_FULL', { name: model, limit: maxSize }, { retryAfter: 1 }));
    }
    return new Promise((resolve, reject) => {
      const until = Math.min(ticket.deadline, performance.now() + timeoutMs);
      const settle = () => {
        clearTimeout(timer);
        unsubscribe?.();
      };
      const late = () => {
        settle();
        reject(
          until === ticket.deadline
            ? failure('DEADLINE_EXCEEDED', { limit: ticket.limitMs })
            : failure('QUEUE_TIMEOUT', { name: model, limit: timeoutMs }, { retryAfter: 1 }),
        );
      };
      const start = () => {
        settle();
        resolve();
      };
      const waiting: Waiting = { priority, until, start, late };
      enqueue(this.#queue, waiting);
      const timer = setTimeout(() => {
        this.#remove(waiting);
        late();
      }, until - performance.now());
      const unsubscribe = ticket.whenGone?.(() => {
        this.#remove(waiting);
        settle();
        reject(failure('CLIENT_GONE', {}));
      });
    });
  }

  #remove(waiting: Waiting): void {
    const place = this.#queue.indexOf(waiting);
    if (place >= 0) this.#queue.splice(place, 1);
  }

  #next(): void {
    if (this.#running >= this.#limits.concurrency) return;
    // A run on the event loop also holds up the timers of those that wait.
    let waiting = this.#queue.shift();
    for (const now = performance.now(); waiting && waiting.until <= now; waiting = this.#queue.shift()) {
      waiting.late();
    }
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
