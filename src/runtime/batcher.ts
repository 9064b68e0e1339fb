import { failure, MdeployError } from '../core/errors/error.ts';
import type { Tensor } from '../core/tensor.ts';
import { BatchMember } from './batch-member.ts';
import { enqueue } from './queue-order.ts';
import { joinRows, splitRows } from './rows.ts';
import type { Session } from './session.ts';
import type { Ticket } from './waiting-room.ts';

export interface BatcherLimits {
  /** Served name of the model, for errors. */
  readonly model: string;
  /** Rows of a batch at most; a larger request runs alone. */
  readonly maxRows: number;
  /** Longest time in milliseconds that a request waits for company although the engine is free. */
  readonly maxDelayMs: number;
  /** Requests that may wait while a batch runs. */
  readonly maxSize: number;
  /** Longest wait in milliseconds. */
  readonly timeoutMs: number;
}

/**
 * A bounded queue before an engine that takes several requests in one run: what came while the last batch ran makes
 * the next one, in order of arrival. An idle engine adds no delay: a request waits for company (`maxDelayMs` at most)
 * only while the batch before had some.
 */
export class Batcher {
  readonly #session: Session;
  readonly #limits: BatcherLimits;
  readonly #queue: BatchMember[] = [];
  #running = 0;
  /** Requests of the batch before: how many to expect. */
  #company = 1;
  #delay: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;

  constructor(session: Session, limits: BatcherLimits) {
    this.#session = session;
    this.#limits = limits;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** Requests in the engine. */
  get running(): number {
    return this.#running;
  }

  /**
   * Runs the inputs, with others when there are any. A run cannot be stopped: past its deadline the caller is answered.
   * @param inputs proven by the gauge; their first axis is the batch
   * @param begun called when the run begins
   * @throws MdeployError `QUEUE_FULL` (at once), `QUEUE_TIMEOUT`, `DEADLINE_EXCEEDED`, `CLIENT_GONE`; those of the run
   */
  enter(
    ticket: Ticket,
    inputs: readonly Tensor[],
    outputs: readonly string[],
    begun: () => void,
  ): Promise<Tensor[]> {
    const { model, maxSize, maxRows } = this.#limits;
    const timeoutMs = Math.min(this.#limits.timeoutMs, ticket.patienceMs ?? Number.POSITIVE_INFINITY);
    const now = performance.now();
    if (now >= ticket.deadline)
      return Promise.reject(failure('DEADLINE_EXCEEDED', { limit: ticket.limitMs }));
    // Those that make the next batch of a free engine do not wait for another.
    if (this.#queue.length >= maxSize + (this.#running > 0 ? 0 : maxRows))
      return Promise.reject(failure('QUEUE_FULL', { name: model, limit: maxSize }, { retryAfter: 1 }));
    const until = Math.min(ticket.deadline, now + timeoutMs);
    const late = () => failure('QUEUE_TIMEOUT', { name: model, limit: timeoutMs }, { retryAfter: 1 });
    const member = new BatchMember(ticket, { inputs, outputs, until, late, begun });
    enqueue(this.#queue, member);
    member.wait(() => this.#remove(member));
    if (this.#running === 0) this.#gather();
    return member.answer;
  }

  // What is read in one turn of the event loop comes together without any delay.
  #gather(): void {
    if (this.#immediate) return;
    const { maxDelayMs, maxRows } = this.#limits;
    const isExpectingMore = this.#queue.length < this.#company && this.#rowsWaiting() < maxRows;
    if (maxDelayMs > 0 && isExpectingMore) {
      this.#delay ??= setTimeout(() => this.#start(), maxDelayMs);
      return;
    }
    clearTimeout(this.#delay);
    this.#immediate = setImmediate(() => this.#start());
  }

  #start(): void {
    this.#delay = undefined;
    this.#immediate = undefined;
    const batch = this.#take();
    if (batch.length === 0) return;
    this.#company = batch.length;
    this.#running = batch.length;
    for (const member of batch) member.begin(this.#session.placement === 'worker');
    this.#run(batch)
      .catch((error: unknown) => {
        for (const member of batch) member.reject(error);
      })
      .finally(() => {
        this.#running = 0;
        if (this.#queue.length > 0) this.#start();
      });
  }

  /** The first that waits and those behind it that fit beside it. */
  #take(): BatchMember[] {
    const now = performance.now();
    const batch: BatchMember[] = [];
    const rest: BatchMember[] = [];
    let rows = 0;
    for (const member of this.#queue.splice(0)) {
      // A run on the event loop also holds up the timers of those that wait.
      if (member.until <= now) member.expire();
      else if (
        batch.length === 0 ||
        (member.key === batch[0]!.key && rows + member.rows <= this.#limits.maxRows)
      ) {
        batch.push(member);
        rows += member.rows;
      } else rest.push(member);
    }
    this.#queue.push(...rest);
    return batch;
  }

  async #run(batch: readonly BatchMember[]): Promise<void> {
    const [first] = batch;
    try {
      const outputs = await this.#session.run(joinRows(batch.map(({ inputs }) => inputs)), first!.outputs);
      const parts =
        batch.length === 1
          ? [outputs]
          : splitRows(
              outputs,
              batch.map(({ rows }) => rows),
            );
      if (!parts) throw new TypeError('an output has not one row per row of the batch');
      batch.forEach((member, index) => {
        member.resolve(parts[index]!);
      });
    } catch (error) {
      // One request that a kernel refuses must not fail the others.
      const isShared = error instanceof MdeployError && error.code === 'RUN_REFUSED' && batch.length > 1;
      if (!isShared) throw error;
      for (const member of batch) await this.#run([member]).catch((own: unknown) => member.reject(own));
    }
  }

  #remove(member: BatchMember): void {
    const place = this.#queue.indexOf(member);
    if (place >= 0) this.#queue.splice(place, 1);
  }

  #rowsWaiting(): number {
    return this.#queue.reduce((sum, member) => sum + member.rows, 0);
  }
}
