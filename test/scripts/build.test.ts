import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { packageOf } from '../../scripts/build/bundles.ts';
import { writeNotices } from '../../scripts/build/notices.ts';
import { vendorRuntime } from '../../scripts/build/runtime.ts';
import { writeSchema } from '../../scripts/build/schema.ts';
import { newFolder, writeFiles } from '../package/fakes.ts';

const root = join(import.meta.dirname, '../..');
let work: string;

beforeEach(async () => {
  work = await newFolder();
});

afterEach(() => rm(work, { recursive: true, force: true }));

test.each([
  ['src/cli/main.ts', undefined],
  ['node_modules/yaml/dist/index.js', { name: 'yaml', folder: 'node_modules/yaml' }],
  ['node_modules/@grpc/grpc-js/build/x.js', { name: '@grpc/grpc-js', folder: 'node_modules/@grpc/grpc-js' }],
  ['node_modules/pino/pino.js', { name: 'pino', folder: 'node_modules/pino' }],
  ['node_modules/a/node_modules/b/c.js', { name: 'b', folder: 'node_modules/a/node_modules/b' }],
])('packageOf(%s)', (input, expected) => expect(packageOf(input)).toEqual(expected));

describe('writeNotices', () => {
  test('writes each package once, by name, with its licence text', async () => {
    await writeFiles(join(work, 'node_modules'), {
      'b/package.json': '{"name":"b","version":"2.0.0","license":"MIT"}',
      'b/LICENSE': 'text of b\r\n',
      'a/package.json': '{"name":"a","version":"1.0.0","license":"ISC"}',
      'b/node_modules/a/package.json': '{"name":"a","version":"1.0.0","license":"ISC"}',
    });
    const inputs = ['b/x.js', 'b/y.js', 'a/x.js', 'b/node_modules/a/x.js'].map(
      (file) => `node_modules/${file}`,
    );
    await writeNotices(work, join(work, 'N'), ['src/own.ts', ...inputs]);
    const text = await readFile(join(work, 'N'), 'utf8');
    expect([...text.matchAll(/^\w [\d.]+ \(.*$/gm)].map(([line]) => line)).toEqual([
      'a 1.0.0 (ISC)',
      'b 2.0.0 (MIT)',
    ]);
    expect(text).toContain('\n\ntext of b\n');
    expect(text).not.toContain('\r');
  });

  test('fails on a package without any licence', async () => {
    await writeFiles(work, { 'node_modules/x/package.json': '{"name":"x","version":"1.0.0"}' });
    await expect(writeNotices(work, join(work, 'N'), ['node_modules/x/i.js'])).rejects.toThrow(
      'x@1.0.0 has no licence',
    );
  });
});

describe('vendorRuntime', () => {
  test('keeps what runs on a CPU, of every platform, and it runs', async () => {
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
});

test('writeSchema writes the JSON Schema of model.yaml', async () => {
  await writeSchema(join(work, 'new/model.schema.json'));
  const schema = JSON.parse(await readFile(join(work, 'new/model.schema.json'), 'utf8')) as Record<
    string,
    object
  >;
  expect(schema.$schema).toContain('json-schema.org');
  expect(Object.keys(schema.properties!)).toEqual(
    expect.arrayContaining(['name', 'model', 'serving', 'image']),
  );
  expect((await stat(join(work, 'new/model.schema.json'))).size).toBeGreaterThan(1000);
});
