import { basename, dirname, extname, resolve } from 'node:path';
import { failure } from '../core/errors/error.ts';
import { fitModelName, relativePathProblem } from '../core/names.ts';
import { type ManifestDraft, manifestSchema } from './schema.ts';

/**
 * The manifest of a bare model file: its name from the file's, or from its folder's when the file is just `model.onnx`.
 * @throws MdeployError `MANIFEST_INVALID` when the file name cannot be carried into a package
 */
export function inferDraft(modelFile: string): ManifestDraft {
  const file = basename(modelFile);
  const why = relativePathProblem(file);
  if (why !== undefined) {
    const hint = 'Rename the file, with letters, digits and . _ - in its name.';
    throw failure('MANIFEST_INVALID', { path: '"model.path"', why: `: ${why}`, hint }, { received: file });
  }
  return manifestSchema.parse({ name: inferName(modelFile), model: { path: file } });
}

/** A name for the model, of the grammar of names. */
export function inferName(modelFile: string): string {
  const absolute = resolve(modelFile);
  const stem = basename(absolute, extname(absolute));
  const folder = basename(dirname(absolute));
  return fitModelName(/^model$/i.test(stem) && folder !== '' ? folder : stem);
}
