import { failure } from '../core/errors/error.ts';
import type { Tensor } from '../core/tensor.ts';
import { usualPriority } from './queue-order.ts';
import type { Ticket } from './waiting-room.ts';

export interface MemberOptions {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly string[];
  /** `performance.now()` at which it has waited too long. */
  readonly until: number;
  /** The error when that was for the queue's limit, not for its deadline. */
  readonly late: () => Error;
  /** Called when its run begins. */
  readonly begun: () => void;
}

/** A request on its way through the batcher: answered once, by its run, its time limits or its client's leaving. */
export class BatchMember {
  readonly answer: Promise<Tensor[]>;
  readonly rows: number;
  /** Only requests of one key share a batch: the same outputs of inputs that differ in their first axis alone. */
  readonly key: string;
  readonly #ticket: Ticket;
  readonly #options: MemberOptions;
  readonly #settled = Promise.withResolvers<Tensor[]>();
  #timer: NodeJS.Timeout | undefined;
  #unsubscribe: (() => void) | undefined;

  constructor(ticket: Ticket, options: MemberOptions) {
    this.answer = this.#settled.promise;
    this.rows = options.inputs[0]?.shape[0] ?? 0;
    this.key = keyOf(options.inputs, options.outputs);
    this.#ticket = ticket;
    this.#options = options;
  }

  get inputs(): readonly Tensor[] {
    return this.#options.inputs;
  }

  get outputs(): readonly string[] {
    return this.#options.outputs;
  }

  get priority(): number {
    return this.#ticket.priority ?? usualPriority;
  }

  get until(): number {
    return this.#options.until;
  }

  /** @param leave takes it out of the queue: it is too late, or its client has gone */
  wait(leave: () => void): void {
    this.#timer = setTimeout(() => {
      leave();
      this.expire();
    }, this.until - performance.now());
    this.#unsubscribe = this.#ticket.whenGone?.(() => {
      leave();
      this.reject(failure('CLIENT_GONE', {}));
    });
  }

  /** @param offLoop its deadline can fire during the run: then the caller is answered and the run goes on */
  begin(offLoop: boolean): void {
    this.#settle();
    this.#options.begun();
    if (!offLoop) return;
    const left = this.#ticket.deadline - performance.now();
    this.#timer = setTimeout(() => this.reject(this.#missed()), Math.max(0, left));
  }

  /** It has waited too long. */
  expire(): void {
    this.reject(this.until === this.#ticket.deadline ? this.#missed() : this.#options.late());
  }

  resolve(outputs: Tensor[]): void {
    this.#settle();
    this.#settled.resolve(outputs);
  }

  reject(error: unknown): void {
    this.#settle();
    this.#settled.reject(error);
  }

  #settle(): void {
    clearTimeout(this.#timer);
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  #missed(): Error {
    return failure('DEADLINE_EXCEEDED', { limit: this.#ticket.limitMs });
  }
}

function keyOf(inputs: readonly Tensor[], outputs: readonly string[]): string {
  const shapes = inputs.map(({ shape }) => shape.slice(1).join(','));
  return JSON.stringify([outputs, shapes]);
}
