import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { manifestJsonSchema } from '../../src/manifest/json-schema.ts';

/** The JSON Schema of model.yaml, for editors. */
export async function writeSchema(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(manifestJsonSchema(), undefined, 2)}\n`);
}
