import { failure } from '../../core/errors/error.ts';
import { grammars } from '../../core/names.ts';
import type { Manifest } from '../../manifest/manifest.ts';
import type { Changes } from '../changes.ts';
import { invalid } from '../codecs/json-fields.ts';
import { count, type Fields, flag, refuseUnknown, whole } from './torchserve-fields.ts';

/** What was done, in TorchServe's words, and its HTTP status. */
export interface Done {
  readonly status: 200 | 202;
  readonly text: string;
}

/**
 * Serves the model at `url`, a path in the folder that is served, which is what TorchServe's model store is. It has its one
 * worker at once. TorchServe's defaults of what cannot be set here count as not said, as its clients send them unasked.
 * @throws MdeployError `FEATURE_UNSUPPORTED`, `REQUEST_INVALID`, and as `Changes.add`
 */
export async function registerModel(fields: Fields, changes: Changes): Promise<Done> {
  refuseUnknown(fields, known);
  const url = fields.get('url');
  if (!url) throw invalid('url', 'Parameter url is required.', 'Name a model in the folder that is served.');
  const name = fields.get('model_name');
  if (name !== undefined && !grammars.modelName.test(name))
    throw invalid('model_name', `"${name}" cannot be the name of a model.`, nameFix);
  refuseForeign(fields);
  const workers = count(fields, 'initial_workers') ?? 0;
  if (workers > 1) throw unsupported(`initial_workers=${workers}`, workersFix);
  const isSynchronous = flag(fields, 'synchronous');
  const batches = { rows: count(fields, 'batch_size', 1) ?? 1, delay: count(fields, 'max_batch_delay') };
  const added = await changes.add({
    url,
    ...(name !== undefined && { name }),
    prove: (manifest) => proveBatching(batches, manifest),
  });
  if (workers > 0 && !isSynchronous) return { status: 202, text: 'Processing worker updates...' };
  const versions = added.map(({ version }) => version).join(', ');
  const text = `Model "${added[0]!.name}" Version: ${versions} registered with 1 initial workers`;
  return { status: 200, text };
}

/** One session answers all requests of a version; it shares the work among threads. */
export const workersFix =
  'Send 1: one worker takes all requests of a model, on several threads. For more, start more replicas.';

export function unsupported(feature: string, instead: string) {
  return failure('FEATURE_UNSUPPORTED', { feature, instead });
}

function refuseForeign(fields: Fields): void {
  if (fields.get('handler'))
    throw unsupported('A handler', 'Leave it out; steps before and after the model belong into model.yaml.');
  if (!/^(?:python3?)?$/i.test(fields.get('runtime') ?? ''))
    throw unsupported('Choosing the runtime', 'Leave it out: models run in ONNX Runtime.');
  for (const name of ['response_timeout', 'startup_timeout']) {
    const seconds = whole(fields, name) ?? -1;
    if (seconds !== -1 && seconds !== 120) throw unsupported(`${name}=${seconds}`, timeoutFix);
  }
  if (flag(fields, 's3_sse_kms')) throw unsupported('Fetching a model from S3', 'Leave s3_sse_kms out.');
}

function proveBatching(
  asked: { readonly rows: number; readonly delay: number | undefined },
  { name, serving: { batching } }: Manifest,
): void {
  const { rows, delay = batching?.max_queue_delay_ms } = asked;
  if (rows === 1) return;
  if (rows === batching?.max_batch_size && delay === batching.max_queue_delay_ms) return;
  const { max_batch_size: most = 1, max_queue_delay_ms: wait = 0 } = batching ?? {};
  const feature = `batch_size=${rows} with max_batch_delay=${delay ?? 0} for model "${name}"`;
  const instead = `Its model.yaml says max_batch_size ${most} and max_queue_delay_ms ${wait} in serving.batching: change that, or leave these out.`;
  throw unsupported(feature, instead);
}

const known = [
  'url',
  'model_name',
  'handler',
  'runtime',
  'batch_size',
  'max_batch_delay',
  'initial_workers',
  'synchronous',
  'response_timeout',
  'startup_timeout',
  's3_sse_kms',
];
const nameFix = 'Use letters, digits and . _ - (128 at most), the first one no dot or dash.';
const timeoutFix = 'Leave it out: serving.timeout_ms in model.yaml holds for the whole server.';
