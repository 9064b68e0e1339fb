import { failure } from '../../src/core/errors/error.ts';
import type { Tensor, TensorSpec } from '../../src/core/tensor.ts';
import { Metrics } from '../../src/observability/metrics.ts';
import type { Catalogue, ModelFacts, RawCall, RawReply, ServerFacts } from '../../src/serve/protocol.ts';

/** Facts of a model that is not there. */
export function modelFacts(facts: Partial<ModelFacts> = {}): ModelFacts {
  return {
    name: 'iris',
    version: '1',
    description: '',
    state: 'AVAILABLE',
    signature: {
      inputs: [{ name: 'X', datatype: 'FP32', shape: ['batch', 4] }],
      outputs: [{ name: 'probabilities', datatype: 'FP32', shape: ['batch', 3] }],
    },
    labels: new Map(),
    ...facts,
  };
}

export function withSignature(
  inputs: readonly TensorSpec[],
  outputs: readonly TensorSpec[] = [],
): ModelFacts {
  return modelFacts({ signature: { inputs, outputs } });
}

/** The desk's list, kept in memory; the first version given of a name is its newest. */
export function catalogueOf(...models: readonly ModelFacts[]): Catalogue {
  const versions = (name: string) => models.filter((model) => model.name === name);
  const find = (name: string, version?: string, label?: string): ModelFacts => {
    const known = versions(name);
    if (known.length === 0) throw failure('MODEL_NOT_FOUND', { name, models: 'none' });
    if (label !== undefined) throw failure('LABEL_NOT_FOUND', { name, label, labels: 'none' });
    const found = known.find((model) => version === undefined || model.version === version);
    if (found) return found;
    throw failure('VERSION_NOT_FOUND', { name, version: version ?? '', versions: 'none' });
  };
  return {
    list: () => models,
    history: () => models,
    versions,
    find,
    only: () => {
      const names = new Set(models.map(({ name }) => name));
      if (names.size === 1) return models[0]!;
      throw failure('MODEL_AMBIGUOUS', { count: names.size, models: [...names].join(', ') });
    },
  };
}

export function rawCall(path: string, body: string | Uint8Array, call: Partial<RawCall> = {}): RawCall {
  return {
    id: 'request-1',
    method: 'POST',
    path,
    params: {},
    query: new URLSearchParams(),
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? Buffer.from(body) : body,
    ...call,
  };
}

export function replyText({ body }: RawReply): string {
  return typeof body === 'string' ? body : Buffer.from(body).toString('utf8');
}

/** A server that has just become ready. */
export function serverFacts(status: ReturnType<ServerFacts['status']> = 'ready'): ServerFacts {
  return { status: () => status, metrics: new Metrics(), maxBodyBytes: 64 * 1024 * 1024 };
}

/** What a model would answer that gives back its inputs. */
export function echo(tensors: readonly Tensor[]) {
  return { model: 'iris', version: '1', outputs: tensors };
}
