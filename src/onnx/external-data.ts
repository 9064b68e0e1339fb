import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { failure, type MdeployError } from '../core/errors/error.ts';
import { reasonOf } from '../core/files.ts';
import type { ExternalTensor, OnnxModel } from './model.ts';

/**
 * Proves that every file the model's tensors point at is a plain file of its own inside the model's folder and holds
 * the bytes asked for. The runtime checks some of this itself, but reads through hard links.
 * @returns the files, relative to the model's folder, forward slashes, sorted
 * @throws MdeployError `EXTERNAL_DATA_ESCAPE`, `EXTERNAL_DATA_MISSING`, `EXTERNAL_DATA_LINK`, `EXTERNAL_DATA_RANGE`
 */
export async function checkExternalData(model: OnnxModel, modelPath: string): Promise<string[]> {
  const folder = dirname(modelPath);
  const files = new Map<string, CheckedFile>();
  for (const tensor of model.externalData) {
    const file = files.get(tensor.location) ?? (await checkFile(model.file, folder, tensor));
    files.set(tensor.location, file);
    checkRange(model.file, tensor, file.size);
  }
  return [...new Set([...files.values()].map(({ path }) => path))].sort();
}

interface CheckedFile {
  readonly path: string;
  readonly size: number;
}

async function checkFile(file: string, folder: string, tensor: ExternalTensor): Promise<CheckedFile> {
  const parts = safeParts(file, tensor);
  let stat: Stats | undefined;
  for (const [index] of parts.entries()) {
    stat = await statOf(file, tensor, join(folder, ...parts.slice(0, index + 1)));
    if (stat.isSymbolicLink())
      throw linkFault(
        file,
        tensor,
        index === parts.length - 1 ? 'a symbolic link' : 'behind a symbolic link',
      );
  }
  if (!stat?.isFile()) throw linkFault(file, tensor, 'not a regular file');
  if (stat.nlink > 1) throw linkFault(file, tensor, `a hard link: the file has ${stat.nlink} names`);
  return { path: parts.join('/'), size: stat.size };
}

/** The components of a location that cannot lead out of the folder on any system. */
function safeParts(file: string, tensor: ExternalTensor): string[] {
  const { location } = tensor;
  const refuse = (problem: string): MdeployError =>
    failure(
      'EXTERNAL_DATA_ESCAPE',
      { file, tensor: tensor.tensor, location, problem },
      { at: { file, path: tensor.position }, received: location },
    );
  if (/\p{Cc}/u.test(location)) throw refuse('a name with control characters');
  if (/^[a-z]:/i.test(location)) throw refuse('an absolute path with a drive letter');
  if (location.startsWith('/')) throw refuse('an absolute path');
  if (location.includes('\\')) throw refuse('a path with backslashes');
  // The runtime keeps such names for tensors at an address in its own memory.
  if (/[<>:"|?*]/.test(location)) throw refuse('not a portable file name');
  const parts = location.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw refuse('outside the folder of the model');
  if (parts.length === 0) throw refuse('the folder of the model itself');
  return parts;
}

async function statOf(file: string, tensor: ExternalTensor, path: string): Promise<Stats> {
  try {
    return await lstat(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR' && code !== 'ENAMETOOLONG')
      throw failure('FILE_UNREADABLE', { file: path, reason: reasonOf(error) }, { cause: error });
    const { location } = tensor;
    throw failure(
      'EXTERNAL_DATA_MISSING',
      { file, tensor: tensor.tensor, location },
      { at: { file, path: tensor.position }, expected: location, cause: error },
    );
  }
}

function linkFault(file: string, tensor: ExternalTensor, problem: string): MdeployError {
  const { location } = tensor;
  return failure(
    'EXTERNAL_DATA_LINK',
    { file, tensor: tensor.tensor, location, problem },
    { at: { file, path: tensor.position }, expected: 'a regular file', received: problem },
  );
}

function checkRange(file: string, tensor: ExternalTensor, size: number): void {
  const { location, offset, length } = tensor;
  if (offset + (length ?? 0) <= size) return;
  throw failure(
    'EXTERNAL_DATA_RANGE',
    {
      file,
      tensor: tensor.tensor,
      from: offset,
      to: length === undefined ? 'the end' : offset + length,
      location,
      size,
    },
    { at: { file, path: tensor.position }, received: `${size} bytes` },
  );
}
