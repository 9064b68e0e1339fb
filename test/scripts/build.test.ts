import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { packageOf } from '../../scripts/build/bundles.ts';
import { writeNotices } from '../../scripts/build/notices.ts';
import { writeSchema } from '../../scripts/build/schema.ts';
import { newFolder, writeFiles } from '../package/fakes.ts';

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
