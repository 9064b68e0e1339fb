import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** Declarations of the public library. */
export async function writeTypes(root: string, out: string): Promise<void> {
  await execa(process.execPath, [
    join(root, 'node_modules/typescript/bin/tsc'),
    ...['-p', join(root, 'scripts/build/tsconfig.types.json'), '--outDir', out],
  ]);
  const files = await readdir(out, { recursive: true });
  for (const file of files.filter((name) => name.endsWith('.d.ts'))) await pointToBuilt(join(out, file));
}

// The sources import `./x.ts`; beside a declaration the name a consumer's compiler looks for is `./x.js`.
async function pointToBuilt(file: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replaceAll(/(['"])(\.{1,2}\/[^'"]+)\.ts\1/g, '$1$2.js$1'));
}
