import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { version } from '../../src/core/version.ts';
import { findAssets } from '../../src/package/assets.ts';
import { newFolder, writeFiles } from './fakes.ts';

test('finds what the build made, and names what is missing', async () => {
  const root = await newFolder();
  const needed = ['server.mjs', 'server.NOTICES', 'runtime/node_modules/onnxruntime-node/package.json'];
  for (const file of needed) {
    await expect(findAssets(root)).rejects.toMatchObject({
      code: 'PACKAGE_UNBUILT',
      exit: 3,
      message: expect.stringContaining(join(root, 'dist', file)),
      remedy: expect.stringContaining('npm run build'),
    });
    await writeFiles(join(root, 'dist'), { [file]: '{"version":"1.2.3"}' });
  }
  expect(await findAssets(root)).toMatchObject({
    server: join(root, 'dist/server.mjs'),
    runtimeVersion: '1.2.3',
    toolVersion: version,
    templates: join(root, 'templates/app'),
  });
  await rm(root, { recursive: true });
});
