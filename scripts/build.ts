// `npm run build`: everything that is published or put into a package, made whole in .cache/ and then moved to dist/,
// so that a failed build leaves the last good one.
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleCli, bundleServer } from './build/bundles.ts';
import { writeNotices } from './build/notices.ts';
import { vendorRuntime } from './build/runtime.ts';
import { writeSchema } from './build/schema.ts';
import { writeTypes } from './build/types.ts';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');
const work = join(root, '.cache', `build-${process.pid}`);
const out = join(work, 'dist');

try {
  await mkdir(out, { recursive: true });
  const cli = bundleCli(root, out);
  const server = bundleServer(root, out);
  await whole([
    cli.then(async ({ inputs }) =>
      writeNotices(root, join(out, 'THIRD-PARTY-NOTICES'), [...inputs, ...(await server).inputs]),
    ),
    server.then(({ inputs }) => writeNotices(root, join(out, 'server.NOTICES'), inputs)),
    vendorRuntime(root, join(out, 'runtime', 'node_modules')),
    writeTypes(root, join(out, 'types')),
    writeSchema(join(out, 'model.schema.json')),
  ]);
  await rename(dist, join(work, 'old')).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await rename(out, dist);
} finally {
  await rm(work, { recursive: true, force: true });
}

// Waits for all even when one fails: what still writes would bring the removed folder back.
async function whole(steps: readonly Promise<unknown>[]): Promise<void> {
  for (const step of await Promise.allSettled(steps)) if (step.status === 'rejected') throw step.reason;
}
