import { copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openModel } from '../../src/repository/open-model.ts';
import { serve } from '../../src/serve/serve.ts';
import { loadCase } from '../fixtures.ts';
import { folderWith } from '../repository/folders.ts';

const { modelPath } = loadCase('traits/zipmap_string_keys');

interface Reply {
  readonly results: readonly (readonly [label: string, score: number][])[];
  readonly outputs: readonly { readonly data: readonly string[] }[];
}

async function classify(manifest: string | undefined) {
  const folder = await folderWith({});
  await copyFile(modelPath, join(folder, 'model.onnx'));
  if (manifest !== undefined) await writeFile(join(folder, 'model.yaml'), manifest);
  const opened = await openModel(folder);
  const { url, stop } = await serve(opened, {
    host: '127.0.0.1',
    port: 0,
    logLevel: 'silent',
    drainDelayMs: 0,
  });
  const post = async (path: string, body: object) => {
    const response = await fetch(url + path, { method: 'POST', body: JSON.stringify(body) });
    return (await response.json()) as Reply;
  };
  const { name } = opened.manifest;
  const { results } = await post(`/v1/models/${name}:classify`, { examples: [{ x: [1.0, 2.0] }] });
  const { outputs } = await post(`/v2/models/${name}/infer`, {
    inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }],
    outputs: [{ name: 'scores', parameters: { classification: 2 } }],
  });
  await stop();
  return { results, best: outputs[0]!.data[0]!.split(':').slice(1) };
}

test('the classes of a ZipMap are the names of its scores', async () => {
  expect(await classify(undefined)).toEqual({
    results: [
      [
        ['cat', expect.closeTo(0.269, 3)],
        ['dog', expect.closeTo(0.731, 3)],
      ],
    ],
    best: ['1', 'dog'],
  });
});

test('unless model.yaml has others', async () => {
  const manifest =
    'name: letters\nmodel: {path: model.onnx}\noutputs: [{name: scores, labels: [alpha, beta]}]\n';
  const { results, best } = await classify(manifest);
  expect(results[0]!.map(([label]) => label)).toEqual(['alpha', 'beta']);
  expect(best).toEqual(['1', 'beta']);
});
