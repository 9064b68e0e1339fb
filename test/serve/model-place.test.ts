import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findPlace } from '../../src/serve/model-place.ts';
import { folderWith } from '../repository/folders.ts';

async function models() {
  const root = await folderWith({
    'models/iris/1/model.onnx': null,
    'models/rose.onnx': null,
    'elsewhere/net.onnx': null,
  });
  return { root, roots: [join(root, 'nowhere'), join(root, 'models')] };
}

describe('a place that a client names', () => {
  it.each([
    ['iris', 'models/iris'],
    ['iris/', 'models/iris'],
    ['./iris/1', 'models/iris/1'],
    ['iris/../rose.onnx', 'models/rose.onnx'],
    ['models/iris', 'models/iris'],
    ['models', 'models'],
  ])('%s is %s', async (url, path) => {
    const { root, roots } = await models();
    expect(await findPlace(url, roots)).toBe(join(root, path));
  });

  it('may be absolute, and a root that is one file may be named as that', async () => {
    const { root, roots } = await models();
    expect(await findPlace(join(root, 'models/iris'), roots)).toBe(join(root, 'models/iris'));
    const file = join(root, 'models/rose.onnx');
    expect(await findPlace('rose.onnx', [file])).toBe(file);
    await expect(findPlace('iris', [file])).rejects.toMatchObject({ code: 'MODEL_URL_UNKNOWN' });
  });

  it.each([
    '',
    '..',
    '../elsewhere',
    '../elsewhere/net.onnx',
    '/',
    '/etc/passwd',
    '/proc/self/environ',
    'iris/2',
    'nobody',
    'iris\0',
    'out/net.onnx',
    'x'.repeat(5000),
  ])('%j is refused, with no more than the client said', async (url) => {
    const { root, roots } = await models();
    await symlink(join(root, 'elsewhere'), join(root, 'models/out'));
    const error = await findPlace(url, roots).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'MODEL_URL_UNKNOWN', http: 400 });
    expect((error as Error).message).not.toContain(root);
    expect((error as Error).message.length).toBeLessThan(400);
  });

  it.each([
    ['https://user:secret@example.com/a.mar', 'Fetching a model from an address is not supported'],
    ['s3://bucket/a', 'Fetching a model from an address is not supported'],
    ['file:///etc/passwd', 'Fetching a model from an address is not supported'],
    ['squeezenet1_1.mar', 'A model archive (.mar) is not supported'],
  ])('%s: %s', async (url, message) => {
    const error = await findPlace(url, []).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'FEATURE_UNSUPPORTED', message: expect.stringContaining(message) });
    expect(`${(error as Error).message}`).not.toContain('secret');
  });
});
