import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startOf } from '../../src/serve/start.ts';
import { folderWith } from '../repository/folders.ts';

async function warned(files: readonly string[], target: string, name?: string) {
  const root = await folderWith(Object.fromEntries(files.map((file) => [file, null])));
  const values = { name, port: '0' };
  const start = await startOf({ values, target: join(root, target), fallback: '.', environment: {} });
  return start.warnings;
}

const told = (original: string, name: string) =>
  `"${original}" is served as ${name}: names of models have letters, digits and . _ - only.`;

it.each([
  ['a folder of models', ['a b/model.onnx', 'iris/model.onnx'], '.', ['a b', 'a-b']],
  ['folders of versions, once', ['grün/1/model.onnx', 'grün/2/net.onnx'], '.', ['grün', 'grun']],
  ['versions of one model', ['a b/1/model.onnx'], 'a b', ['a b', 'a-b']],
  ['one folder', ['a b/model.onnx'], 'a b', ['a b', 'a-b']],
  ['one file', ['my net.onnx'], 'my net.onnx', ['my net', 'my-net']],
  ['nothing but other letters', ['日本/model.onnx'], '.', ['日本', 'model']],
] as const)('%s: the served name is told', async (_, files, target, [original, name]) => {
  expect(await warned(files, target)).toEqual([told(original, name)]);
});

it.each([
  ['names that are kept', ['iris/1/model.onnx', 'rose/net.onnx'], '.', undefined],
  ['a name that is given', ['a b/model.onnx'], 'a b', 'ab'],
] as const)('%s: nothing is told', async (_, files, target, name) => {
  expect(await warned(files, target, name)).toEqual([]);
});
