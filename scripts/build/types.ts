import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** Declarations of the public library. */
export async function writeTypes(root: string, out: string): Promise<void> {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const project = join(root, 'scripts/build/tsconfig.types.json');
  const { failed } = await execa(process.execPath, [tsc, '-p', project, '--outDir', out], {
    stdio: ['ignore', 'inherit', 'inherit'],
    reject: false,
  });
  if (failed) throw new Error('the declarations could not be made: see above');
  const files = await readdir(out, { recursive: true });
  for (const file of files.filter((name) => name.endsWith('.d.ts'))) await pointToBuilt(join(out, file));
}

// The sources import `./x.ts`; beside a declaration the name a consumer's compiler looks for is `./x.js`.
async function pointToBuilt(file: string): Promise<void> {
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replaceAll(/(['"])(\.{1,2}\/[^'"]+)\.ts\1/g, '$1$2.js$1'));
}
