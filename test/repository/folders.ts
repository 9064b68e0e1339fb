import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { fixturePath } from '../fixtures.ts';

export const irisFile = fixturePath('sklearn/iris_logreg/model.onnx');

/** A folder that is gone after the test, with these files; a value `null` is a copy of the iris model. */
export async function folderWith(
  files: Readonly<Record<string, string | Uint8Array | null>>,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mdeploy-repository-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    if (content === null) await copyFile(irisFile, file);
    else await writeFile(file, content);
  }
  return folder;
}

export const irisSample = {
  inputs: '{"X": [[5.1, 3.5, 1.4, 0.2]]}',
  outputs: '{"label": [0]}',
};
