import { Worker } from 'node:worker_threads';
import { failure, type MdeployError } from '../../core/errors/error.ts';
import { roleEntry } from '../../core/roles.ts';
import type { Signature, Tensor } from '../../core/tensor.ts';
import type { FromWorker, ToWorker } from '../engine-worker.ts';
import type { GraphSource } from '../graph-source.ts';
import { comeOut, goneInside } from '../inside.ts';
import { useLocales } from '../locale-path.ts';
import { refusal, runFault } from '../refusal.ts';
import type { Session } from '../session.ts';

/**
 * Loads a graph on a worker thread, so that neither the load nor a run stops the event loop. Tensors are copied.
 * @throws MdeployError `MODEL_REFUSED`, `WORKER_DIED`
 */
export function openWorkerSession(source: GraphSource): Promise<Session> {
  useLocales(source.localePath);
  const worker = new Worker(roleEntry('engine-worker'), { workerData: { role: 'engine-worker', source } });
  goneInside();
  const opening = Promise.withResolvers<Session>();
  worker.once('error', (error: Error) => opening.reject(died(source.name, error.message)));
  worker.once('exit', (code) => opening.reject(died(source.name, `exit code ${code} while loading`)));
  worker.once('message', (message: FromWorker) => {
    if (message.kind === 'refused') opening.reject(refusal(source.name, new Error(message.reason)));
    if (message.kind === 'ready') opening.resolve(new WorkerSession(worker, message.signature, source.name));
  });
  return opening.promise.finally(() => comeOut());
}

interface Pending {
  resolve(tensors: Tensor[]): void;
  reject(error: MdeployError): void;
}

class WorkerSession implements Session {
  readonly signature: Signature;
  readonly placement = 'worker';
  readonly #worker: Worker;
  readonly #model: string;
  readonly #pending = new Map<number, Pending>();
  readonly #ended: Promise<void>;
  #nextId = 1;
  #death: MdeployError | undefined;

  constructor(worker: Worker, signature: Signature, model: string) {
    this.#worker = worker;
    this.#model = model;
    this.signature = signature;
    worker.on('message', (message: FromWorker) => this.#settle(message));
    worker.on('error', (error: Error) => this.#die(error.message));
    this.#ended = new Promise((resolve) => {
      worker.once('exit', (code) => {
        this.#die(`exit code ${code}`);
        resolve();
      });
    });
  }

  get dead(): MdeployError | undefined {
    return this.#death;
  }

  run(inputs: readonly Tensor[], outputs: readonly string[]): Promise<Tensor[]> {
    if (this.#death) return Promise.reject(this.#death);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      goneInside();
      this.#send({ kind: 'run', id, inputs, outputs });
    });
  }

  // The worker takes messages in order, so `stop` is reached after the last run.
  async close(): Promise<void> {
    goneInside();
    this.#send({ kind: 'stop' });
    await this.#ended;
    comeOut();
  }

  #send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #settle(message: FromWorker): void {
    if (message.kind !== 'done' && message.kind !== 'failed') return;
    const pending = this.#pending.get(message.id);
    if (this.#pending.delete(message.id)) comeOut();
    if (message.kind === 'done') pending?.resolve([...message.tensors]);
    else pending?.reject(runFault(this.#model, new Error(message.reason)));
  }

  #die(reason: string): void {
    this.#death ??= died(this.#model, reason);
    for (const pending of this.#pending.values()) pending.reject(this.#death);
    comeOut(this.#pending.size);
    this.#pending.clear();
  }
}

function died(name: string, reason: string): MdeployError {
  return failure('WORKER_DIED', { name, reason });
}
