import { expect, test } from 'vitest';
import { compareTensors } from '../../src/core/compare.ts';
import { loadVersion } from '../../src/repository/load-version.ts';
import { openModel } from '../../src/repository/open-model.ts';
import { Repository } from '../../src/repository/repository.ts';
import { infer } from '../../src/serve/infer.ts';
import { Watch } from '../../src/serve/watch.ts';
import { loadCase } from '../fixtures.ts';

async function loaded(fixture: string, maxBytes?: number) {
  const opened = await openModel(loadCase(fixture).modelPath);
  const cache = maxBytes === undefined ? {} : { response_cache: { max_bytes: maxBytes } };
  const manifest = { ...opened.manifest, serving: { ...opened.manifest.serving, ...cache } };
  return loadVersion({ ...opened, manifest }, { isProven: true });
}

test('a version has a response cache only where its manifest asks for one', async () => {
  const version = await loaded('sklearn/iris_logreg');
  expect(version).not.toHaveProperty('cache');
  await version.session.close();
});

test.each(['sklearn/iris_logreg', 'torch/digits_cnn', 'sklearn/text_sentiment_en'])(
  '%s: a known answer is the one that was given, and right',
  async (fixture) => {
    const golden = loadCase(fixture);
    const version = await loaded(fixture, 1024 ** 2);
    const repository = new Repository();
    await repository.add(version);
    const { name } = version.facts;
    const ask = () => {
      const ticket = { deadline: performance.now() + 60_000, limitMs: 60_000 };
      return infer({ model: name, inputs: golden.inputs }, ticket, repository, new Watch());
    };
    const [first, second] = [await ask(), await ask()];
    expect(second).toEqual(first);
    for (const wanted of golden.outputs) {
      const given = second.outputs.find((output) => output.name === wanted.name)!;
      expect(compareTensors(given, wanted, { rtol: 1e-3, atol: 1e-4 })).toMatchObject({ ok: true });
    }
    expect(version.cache!.bytes).toBeGreaterThan(0);
    await repository.close();
    expect(version.cache!.bytes).toBe(0);
  },
);
