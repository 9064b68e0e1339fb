import { copyFile, link, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { removeTree } from '../../core/files.ts';
import { onInterrupt } from '../../core/interrupt.ts';
import type { Manifest } from '../../manifest/manifest.ts';
import { printManifest } from '../../manifest/print.ts';
import type { OpenedModel } from '../../repository/opened-model.ts';
import type { Candidate } from './candidate.ts';

/** A temporary folder with the files of a model, and a manifest for each of several settings. */
export interface Folder {
  /** The MODEL that is served with these settings. */
  manifestFor(candidate: Candidate): Promise<string>;
  close(): Promise<void>;
}

/** @throws whatever the file system has to say; nothing is left then */
export async function openFolder({ root, files, manifest }: OpenedModel): Promise<Folder> {
  const folder = await mkdtemp(join(tmpdir(), 'mdeploy-tune-'));
  const remove = () => removeTree(folder);
  const forget = onInterrupt(remove);
  const close = async () => {
    await remove();
    forget();
  };
  try {
    for (const file of files) await place(join(root, file), join(folder, file));
  } catch (error) {
    await close();
    throw error;
  }
  const manifestFor = async (candidate: Candidate) => {
    const file = join(folder, `${nameOf(candidate)}.yaml`);
    await writeFile(file, printManifest(withSettings(manifest, candidate)));
    return file;
  };
  return { manifestFor, close };
}

/** A manifest with the settings of a candidate in place of its own. */
export function withSettings(manifest: Manifest, { threads, batching }: Candidate): Manifest {
  const { batching: _, ...serving } = manifest.serving;
  return {
    ...manifest,
    serving: { ...serving, ...(batching && { batching }) },
    runtime: { ...manifest.runtime, intra_op_threads: threads },
  };
}

// A second name costs no disk; beyond a file system there is none.
async function place(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await link(from, to).catch(() => copyFile(from, to));
}

function nameOf({ threads, batching }: Candidate): string {
  if (!batching) return `tune-${threads}`;
  return `tune-${threads}-${batching.max_batch_size}-${batching.max_queue_delay_ms}`;
}
