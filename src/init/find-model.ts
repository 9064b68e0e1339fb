import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '../core/errors/error.ts';
import { reasonOf } from '../core/files.ts';

/**
 * The model file itself, or the only `.onnx` file of a folder.
 * @throws MdeployError `FILE_UNREADABLE`, `INIT_MODEL` when there is none or more than one
 */
export async function findModel(model: string): Promise<string> {
  try {
    if (!(await stat(model)).isDirectory()) return model;
  } catch (cause) {
    throw failure(
      'FILE_UNREADABLE',
      { file: model, reason: reasonOf(cause) },
      { at: { file: model }, cause },
    );
  }
  const files = (await readdir(model)).filter((file) => /\.onnx$/i.test(file)).sort();
  const [only, ...others] = files;
  if (only === undefined) throw failure('INIT_MODEL', { problem: `there is no .onnx file in ${model}` });
  if (others.length > 0)
    throw failure('INIT_MODEL', { problem: `there are ${files.length}: ${files.join(', ')}` });
  return join(model, only);
}
