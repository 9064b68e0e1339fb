import { failure } from '../../core/errors/error.ts';
import type { Changes } from '../changes.ts';
import { invalid } from '../codecs/json-fields.ts';
import type { Catalogue } from '../protocol.ts';
import { count, type Fields, flag, refuseUnknown, whole } from './torchserve-fields.ts';
import { target } from './torchserve-models.ts';
import { type Done, unsupported, workersFix } from './torchserve-register.ts';

export interface Target {
  readonly name: string;
  /** Undefined: the default. */
  readonly version: string | undefined;
}

/**
 * Takes every range of workers that holds 1, which is what each version has; nothing changes.
 * @throws MdeployError `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`, `REQUEST_INVALID`; `FEATURE_UNSUPPORTED`
 */
export function scaleWorkers({ name, version }: Target, fields: Fields, catalogue: Catalogue): Done {
  refuseUnknown(fields, ['min_worker', 'max_worker', 'number_gpu', 'synchronous', 'timeout']);
  target(catalogue, name, version);
  const least = count(fields, 'min_worker') ?? 1;
  const most = count(fields, 'max_worker') ?? least;
  const gpus = count(fields, 'number_gpu') ?? 0;
  whole(fields, 'timeout');
  if (most < least)
    throw invalid('max_worker', 'max_worker cannot be less than min_worker.', 'Send 1 for both.');
  if (least > 1) throw unsupported(`min_worker=${least}`, workersFix);
  if (most < 1) throw unsupported(`max_worker=${most}`, 'Unregister the model if it is to stop answering.');
  if (gpus > 0) throw unsupported(`number_gpu=${gpus}`, 'Leave it out: models run on the CPU.');
  if (!flag(fields, 'synchronous')) return { status: 202, text: 'Processing worker updates...' };
  const which = version === undefined ? '' : `, version: ${version}`;
  return { status: 200, text: `Workers scaled to 1 for model: ${name}${which}` };
}

/** @throws MdeployError `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND` */
export async function setDefault(
  { name, version }: Target,
  changes: Changes,
  catalogue: Catalogue,
): Promise<Done> {
  const facts = target(catalogue, name, version);
  await changes.setDefault(name, facts.version);
  const text = `Default version successfully updated for model "${name}" to "${version ?? facts.version}"`;
  return { status: 200, text };
}

/**
 * Takes one version away, the default unless told otherwise; that goes last, as in TorchServe.
 * @throws MdeployError `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`, `VERSION_IS_DEFAULT`
 */
export async function unregister(
  { name, version }: Target,
  changes: Changes,
  catalogue: Catalogue,
): Promise<Done> {
  const facts = target(catalogue, name, version);
  const isDefault = catalogue.find(name).version === facts.version;
  if (isDefault && catalogue.versions(name).length > 1)
    throw failure('VERSION_IS_DEFAULT', { name, version: facts.version });
  await changes.unload(name, facts.version);
  return { status: 200, text: `Model "${name}" unregistered` };
}
