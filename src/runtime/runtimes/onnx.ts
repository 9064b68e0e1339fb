import { availableParallelism } from 'node:os';
import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node';
import type { Dim, Signature, Tensor, TensorSpec } from '../../core/tensor.ts';
import type { GraphSource } from '../graph-source.ts';
import { useLocales } from '../locale-path.ts';
import { loadOnnxRuntime, type OnnxRuntime } from '../onnxruntime.ts';
import { datatypeOf, fromOrt, toOrt } from '../ort-tensor.ts';
import { refusal, runFault } from '../refusal.ts';
import type { Session } from '../session.ts';

/**
 * Loads a graph in this very thread: the load and every run block its event loop.
 * @throws MdeployError `MODEL_REFUSED` with the runtime's reason
 */
export async function openOnnxSession(source: GraphSource): Promise<Session> {
  const ort = loadOnnxRuntime();
  useLocales(source.localePath);
  let session: InferenceSession;
  try {
    session = await create(ort, source);
  } catch (error) {
    throw refusal(source.name, error);
  }
  return new OnnxSession(ort, session, source.name);
}

class OnnxSession implements Session {
  readonly signature: Signature;
  readonly placement = 'inline';
  readonly #ort: OnnxRuntime;
  readonly #session: InferenceSession;
  readonly #model: string;
  #running = 0;
  #idle: (() => void) | undefined;

  constructor(ort: OnnxRuntime, session: InferenceSession, model: string) {
    this.#ort = ort;
    this.#session = session;
    this.#model = model;
    this.signature = { inputs: specs(session.inputMetadata), outputs: specs(session.outputMetadata) };
  }

  async run(inputs: readonly Tensor[], outputs: readonly string[]): Promise<Tensor[]> {
    // No prototype: a tensor may be named `__proto__`.
    const feeds: Record<string, OrtTensor> = Object.create(null);
    this.#running += 1;
    try {
      for (const input of inputs) feeds[input.name] = toOrt(this.#ort, input);
      const results = await this.#session.run(feeds, outputs);
      return outputs.map((name) => this.#result(name, results[name]));
    } catch (error) {
      throw runFault(this.#model, error);
    } finally {
      this.#running -= 1;
      if (this.#running === 0) this.#idle?.();
    }
  }

  // release() while runs are queued makes them fail, so it waits for the last one.
  async close(): Promise<void> {
    if (this.#running > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    await this.#session.release();
  }

  #result(name: string, value: OrtTensor | undefined): Tensor {
    const tensor = value && fromOrt(name, value);
    if (!tensor) throw new TypeError(`output "${name}" has a type that cannot be carried: ${value?.type}`);
    return tensor;
  }
}

function create(ort: OnnxRuntime, source: GraphSource): Promise<InferenceSession> {
  const { intraOpThreads, cores = availableParallelism() } = source;
  const threads = intraOpThreads === 'auto' ? cores : intraOpThreads;
  const options: InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 4,
    // Spinning threads burn four times the CPU between requests; the value must be a string.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  };
  return source.bytes
    ? ort.InferenceSession.create(source.bytes, options)
    : ort.InferenceSession.create(source.path, options);
}

// Outputs that the runtime describes but cannot return are left out; they were rewritten or refused before.
function specs(metadata: readonly InferenceSession.ValueMetadata[]): TensorSpec[] {
  return metadata.flatMap((value) => {
    const datatype = value.isTensor ? datatypeOf(value.type) : undefined;
    return value.isTensor && datatype ? [{ name: value.name, datatype, shape: value.shape as Dim[] }] : [];
  });
}
