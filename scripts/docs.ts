// `npm run docs`: the pages that are made from the code. A test compares them, so they cannot fall behind.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errorsPage } from './docs/errors.ts';
import { manifestPage } from './docs/manifest.ts';

const docs = join(import.meta.dirname, '..', 'docs');
await writeFile(join(docs, 'errors.md'), errorsPage());
await writeFile(join(docs, 'manifest.md'), manifestPage());
