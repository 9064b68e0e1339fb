// `npm run build`: everything that is published or put into a package, made whole in a sibling folder and then
// moved to dist/, so that a failed build leaves the last good one.
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleCli, bundleServer } from './build/bundles.ts';
import { writeNotices } from './build/notices.ts';
import { vendorRuntime } from './build/runtime.ts';
import { writeSchema } from './build/schema.ts';
import { writeTypes } from './build/types.ts';

const root = join(import.meta.dirname, '..');
const out = join(root, `dist.${process.pid}.tmp`);

try {
  const [cli, server] = await Promise.all([
    bundleCli(root, out),
    bundleServer(root, out),
    vendorRuntime(root, join(out, 'runtime', 'node_modules')),
    writeTypes(root, join(out, 'types')),
    writeSchema(join(out, 'model.schema.json')),
  ]);
  await writeNotices(root, join(out, 'THIRD-PARTY-NOTICES'), [...cli.inputs, ...server.inputs]);
  await writeNotices(root, join(out, 'server.NOTICES'), server.inputs);
  const old = join(root, `dist.${process.pid}.old`);
  await rename(join(root, 'dist'), old).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await rename(out, join(root, 'dist'));
  await rm(old, { recursive: true, force: true });
} finally {
  await rm(out, { recursive: true, force: true });
}
