import type { MdeployError } from '../core/errors/error.ts';
import { readPath } from './path.ts';
import type { Locate } from './yaml.ts';

/** The error, and those it carries, with line and column where they name a key path of the manifest. */
export function placedIn(error: MdeployError, locate: Locate | undefined): MdeployError {
  if (locate === undefined) return error;
  const { file } = locate([]);
  return error.placed((at) => {
    if (at.path === undefined || at.line !== undefined) return at;
    // Paths of other files, such as a sample, have nothing to do with the manifest.
    if (file === undefined || (at.file !== undefined && at.file !== file)) return at;
    return { ...locate(readPath(at.path)), path: at.path };
  });
}
