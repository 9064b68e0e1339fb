import { readdir, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { vendorRuntime } from '../../scripts/build/runtime.ts';
import { newFolder } from '../package/fakes.ts';

const root = join(import.meta.dirname, '../..');

// A second copy of the runtime in one process aborts it, so this has a process of its own.
test('vendorRuntime keeps what runs on a CPU, of every platform, and it runs', async () => {
  const work = await newFolder();
  onTestFinished(() => rm(work, { recursive: true }));
  const target = join(work, 'node_modules');
  await vendorRuntime(root, target);
  const native = (await readdir(join(target, 'onnxruntime-node/bin'), { recursive: true })).filter((file) =>
    /\.\w+$/.test(file),
  );
  expect(native.sort()).toEqual(
    [
      'darwin/arm64/libonnxruntime.1.dylib',
      'darwin/arm64/onnxruntime_binding.node',
      'linux/arm64/libonnxruntime.so.1',
      'linux/arm64/onnxruntime_binding.node',
      'linux/x64/libonnxruntime.so.1',
      'linux/x64/onnxruntime_binding.node',
      'win32/arm64/onnxruntime.dll',
      'win32/arm64/onnxruntime_binding.node',
      'win32/x64/onnxruntime.dll',
      'win32/x64/onnxruntime_binding.node',
    ].map((file) => `napi-v6/${file}`),
  );
  expect((await readdir(join(target, 'onnxruntime-node'))).sort()).toEqual([
    'LICENSE',
    'bin',
    'dist',
    'package.json',
  ]);
  const manifest = JSON.parse(
    await readFile(join(target, 'onnxruntime-node/package.json'), 'utf8'),
  ) as object;
  expect(Object.keys(manifest)).toEqual(['name', 'version', 'license', 'main']);
  const runtime = createRequire(join(target, 'onnxruntime-node/package.json'))(
    'onnxruntime-node',
  ) as typeof import('onnxruntime-node');
  const session = await runtime.InferenceSession.create(
    join(root, 'test/fixtures/sklearn/iris_logreg/model.onnx'),
  );
  expect(session.inputNames).toEqual(['X']);
  await session.release();
});
