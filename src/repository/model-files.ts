import { lstat, readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, posix, relative as relativePath, sep } from 'node:path';
import { type ErrorLocation, failure, type MdeployError } from '../core/errors/error.ts';
import { reasonOf } from '../core/files.ts';
import { nearest } from '../core/suggest.ts';
import { parseLabels } from '../manifest/labels.ts';
import type { ManifestDraft } from '../manifest/schema.ts';

/**
 * Proves that a path of the manifest is a plain file inside `root`, with no symbolic link on the way.
 * @param relative from the manifest, its grammar already checked (no `..`, not absolute)
 * @param field key path for the message
 * @returns the absolute path
 * @throws MdeployError `FILE_OUTSIDE`, `MANIFEST_FILE_MISSING`, `FILE_UNREADABLE`
 */
export async function plainFile(
  root: string,
  relative: string,
  field: string,
  manifestFile?: string,
): Promise<string> {
  const at = manifestFile === undefined ? {} : { at: { file: manifestFile, path: field } };
  const refuse = (reason: string): MdeployError =>
    failure('FILE_OUTSIDE', { field, path: relative, reason }, at);
  const parts = relative.split('/').filter((part) => part !== '' && part !== '.');
  let path = root;
  for (const [index, part] of parts.entries()) {
    path = join(path, part);
    const last = index === parts.length - 1;
    try {
      const found = await lstat(path);
      if (found.isSymbolicLink()) throw refuse(last ? 'is a symbolic link' : 'lies behind a symbolic link');
      if (last && !found.isFile()) throw refuse('is not a regular file');
    } catch (error) {
      if ((error as MdeployError).code === 'FILE_OUTSIDE') throw error;
      if ((error as NodeJS.ErrnoException).code === 'ENOENT')
        throw await missing(relative, field, { root, path, rest: parts.slice(index + 1) }, at);
      throw failure('FILE_UNREADABLE', { file: path, reason: reasonOf(error) }, { ...at, cause: error });
    }
  }
  return path;
}

/** @param gone the first part of the path that is not there, and what follows it */
async function missing(
  relative: string,
  field: string,
  gone: { readonly root: string; readonly path: string; readonly rest: readonly string[] },
  at: { readonly at?: ErrorLocation },
): Promise<MdeployError> {
  const folder = dirname(gone.path);
  const names = await readdir(folder);
  const near = nearest(basename(gone.path), names);
  const meant = near && join(folder, near, ...gone.rest);
  const isThere = meant !== undefined && (await lstat(meant).catch(nothing))?.isFile();
  const hint = isThere
    ? `Did you mean "${relativePath(gone.root, meant).split(sep).join('/')}"?`
    : `Put the file there, or correct the path: it starts at ${gone.root}.`;
  const expected = 'a file that is there';
  return failure(
    'MANIFEST_FILE_MISSING',
    { file: relative, path: field, hint },
    { ...at, expected, received: relative },
  );
}

// A suggestion that cannot be looked at is none.
function nothing(): undefined {
  return undefined;
}

/** Contents of every `labels_file` of a draft, by the path written. @throws MdeployError `LABELS_INVALID` and those of `plainFile` */
export async function readLabelFiles(
  root: string,
  draft: ManifestDraft,
  manifestFile?: string,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const contents = new Map<string, readonly string[]>();
  for (const [index, { labels_file: written }] of draft.outputs.entries()) {
    if (written === undefined || contents.has(written)) continue;
    const path = await plainFile(root, written, `outputs[${index}].labels_file`, manifestFile);
    try {
      contents.set(written, parseLabels(await readFile(path, 'utf8'), path));
    } catch (error) {
      if ((error as MdeployError).code === 'LABELS_INVALID') throw error;
      throw failure('FILE_UNREADABLE', { file: path, reason: reasonOf(error) }, { cause: error });
    }
  }
  return contents;
}

/**
 * Every file the model needs beside the manifest, relative to it, sorted.
 * @param external of the model file, relative to its folder
 * @param others that travel with it, such as the record of its conversion
 */
export function filesOf(
  { model, outputs, samples }: Pick<ManifestDraft, 'model' | 'outputs' | 'samples'>,
  external: readonly string[],
  others: readonly string[] = [],
): readonly string[] {
  const files = [
    model.path,
    ...external.map((path) => posix.join(posix.dirname(model.path), path)),
    ...outputs.flatMap(({ labels_file: labels }) => (labels === undefined ? [] : [labels])),
    ...samples.flatMap((sample) => [sample.inputs, sample.outputs]),
    ...others,
  ];
  return [...new Set(files)].sort();
}
