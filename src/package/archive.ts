import { createReadStream } from 'node:fs';
import { lstat, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Pack, pack } from 'tar-stream';
import { failure } from '../core/errors/error.ts';
import { reasonOf, removeTree, syncFolder } from '../core/files.ts';
import { type LockedFile, lockName } from '../repository/lock.ts';
import { byPath } from './plan.ts';
import { foldersOf } from './write.ts';

/**
 * Writes the package in `folder` as a .tgz: entries sorted, no times, owners 0. The tar inside is the same bytes
 * everywhere; the gzip round it is for one version of Node.
 * @param temporary a name beside `target` to write under first
 * @param top name of the one folder in the archive
 * @throws MdeployError `FILE_UNWRITABLE`; an archive that was there is then untouched
 */
export async function writeArchive(
  folder: string,
  files: readonly LockedFile[],
  target: string,
  temporary: string,
  top: string,
): Promise<void> {
  const tar = pack();
  try {
    const handle = await open(temporary, 'wx', 0o644);
    await Promise.all([
      addEntries(tar, folder, files, top).catch((error: Error) => tar.destroy(error)),
      pipeline(
        tar as unknown as Readable,
        createGzip(),
        anonymous,
        handle.createWriteStream({ flush: true }),
      ),
    ]);
    await rename(temporary, target);
    await syncFolder(dirname(target));
  } catch (error) {
    await removeTree(temporary);
    throw failure('FILE_UNWRITABLE', { file: target, reason: reasonOf(error) }, { cause: error });
  }
}

async function addEntries(
  tar: Pack,
  folder: string,
  files: readonly LockedFile[],
  top: string,
): Promise<void> {
  const fixed = { mtime: new Date(0), uid: 0, gid: 0, uname: '', gname: '' };
  const all = [...files, { path: lockName }].sort(byPath);
  for (const path of ['', ...foldersOf(all)]) {
    tar.entry({
      ...fixed,
      name: `${join(top, path).replaceAll('\\', '/')}/`,
      type: 'directory',
      mode: 0o755,
    });
  }
  for (const { path } of all) {
    const { size } = await lstat(join(folder, path));
    const entry = tar.entry({ ...fixed, name: `${top}/${path}`, mode: 0o644, size });
    await pipeline(createReadStream(join(folder, path)), entry);
  }
  tar.finalize();
}

// RFC 1952: byte 9 names the system that packed; 255 is "unknown". Node already writes no time and no name.
async function* anonymous(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let first = true;
  for await (const chunk of chunks) {
    if (first && chunk.length >= 10) chunk[9] = 255;
    first = false;
    yield chunk;
  }
}
