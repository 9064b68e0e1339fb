import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { Manifest } from '../../src/manifest/manifest.ts';
import type { Plan } from '../../src/repository/plan.ts';
import type { SourceOptions } from '../../src/repository/plan-sources.ts';
import { makeChanges, refuseChange } from '../../src/serve/changes.ts';
import { folderWith } from '../repository/folders.ts';
import { modelFacts } from './catalogue.ts';

/** Changes below a folder, and the plans that reach the stock. */
async function allowed(options: SourceOptions = {}) {
  const root = await folderWith({
    'models/iris/1/model.onnx': null,
    'models/iris/2/model.onnx': null,
    'elsewhere/iris/9/model.onnx': null,
  });
  const plans: Plan[] = [];
  const calls: unknown[][] = [];
  const note = async (plan: () => Promise<Plan>) => void plans.push(await plan());
  const stock = {
    load: (_: string, plan: () => Promise<Plan>) => note(plan),
    unload: async (name: string, version?: string) => void calls.push(['unload', name, version]),
    freed: async () => void calls.push(['freed']),
    pin: (name: string, version: string) => void calls.push(['pin', name, version]),
    become: note,
    add: async (name: string, plan: () => Promise<Plan>, prove: (manifest: Manifest) => void) => {
      const { versions } = await plan();
      calls.push(['add', name, versions, prove]);
      return versions.map((planned) => ({
        facts: modelFacts({
          name: planned.name ?? planned.folder?.model ?? 'iris',
          version: planned.folder?.version ?? '1',
        }),
        planned,
      }));
    },
  };
  const started: Plan = { versions: [{ path: 'as started' }], warnings: [] };
  const changes = makeChanges(stock, {
    plan: async () => started,
    roots: [join(root, 'models')],
    ...options,
  });
  return { root, plans, calls, changes, started };
}

const source = (basePath: string, labels = new Map<string, string>()) => ({
  name: 'iris',
  basePath,
  policy: { latest: 1 },
  labels,
});

describe('a load', () => {
  it('looks again at what the server was started with, until it is told to serve something else', async () => {
    const { root, plans, changes, started } = await allowed();
    await changes.load('iris');
    expect(plans).toEqual([started]);
    await changes.become([source(join(root, 'models/iris'))]);
    await changes.load('iris');
    expect(plans[2]).toEqual(plans[1]);
    expect(plans[1]!.versions.map(({ path }) => path)).toEqual([join(root, 'models/iris/2')]);
  });
});

describe('a configuration', () => {
  it.each([
    ['elsewhere', 'elsewhere/iris'],
    ['above', ''],
    ['up and down again', 'models/../elsewhere/iris'],
    ['that is not there', 'models/roses'],
    ['that only starts alike', 'models/../models2'],
    ['the root itself', 'models'],
  ])('with a base path %s is refused', async (_, path) => {
    const { root, plans, changes } = await allowed();
    const basePath = `${root}/${path}`;
    await expect(changes.become([source(basePath)])).rejects.toMatchObject({
      code: 'BASE_PATH_OUTSIDE',
      http: 400,
      message: `The base path ${basePath} is no folder below those the server was started with.`,
    });
    expect(plans).toEqual([]);
  });

  it('cannot follow a link out', async () => {
    const { root, changes } = await allowed();
    await symlink(join(root, 'elsewhere/iris'), join(root, 'models/link'));
    await expect(changes.become([source(join(root, 'models/link'))])).rejects.toMatchObject({
      code: 'BASE_PATH_OUTSIDE',
    });
  });

  it('that is refused leaves the one before', async () => {
    const { root, changes, plans, started } = await allowed();
    const labels = new Map([['stable', '1']]);
    await expect(changes.become([source(join(root, 'models/iris'), labels)])).rejects.toMatchObject({
      code: 'LABEL_VERSION_UNKNOWN',
    });
    await changes.load('iris');
    expect(plans).toEqual([started]);
  });

  it('may have any labels where that was allowed', async () => {
    const { root, changes, plans } = await allowed({ anyLabels: true });
    const labels = new Map([['stable', '7']]);
    await changes.become([source(join(root, 'models/iris'), labels)]);
    expect(plans[0]!.labels?.get('iris')).toEqual(labels);
  });
});

describe('a model that is added', () => {
  it('is planned from its place, under the name it is given, and its proof is asked', async () => {
    const { root, changes, calls } = await allowed();
    const prove = vi.fn();
    const facts = await changes.add({ url: 'iris/2', name: 'rose', prove });
    expect(facts).toMatchObject([{ name: 'rose', version: '2' }]);
    const path = join(root, 'models/iris/2');
    const planned = { path, name: 'rose', folder: { model: 'rose', version: '2' } };
    expect(calls).toEqual([['add', 'rose', [planned], prove]]);
    expect(changes.isAdded({ name: 'rose', version: '2' })).toBe(true);
    expect(changes.isAdded({ name: 'rose', version: '1' })).toBe(false);
  });

  it('is looked for again by a load, until it is unloaded or a configuration names all there is', async () => {
    const { root, changes, plans, started } = await allowed();
    await changes.add({ url: 'iris/1' });
    await changes.add({ url: 'iris/2' });
    const paths = () => plans.at(-1)!.versions.map(({ path }) => path);
    await changes.load('iris');
    expect(paths()).toEqual(['as started', join(root, 'models/iris/1'), join(root, 'models/iris/2')]);
    await changes.unload('iris', '1');
    await changes.load('iris');
    expect(paths()).toEqual(['as started', join(root, 'models/iris/2')]);
    await changes.unload('iris');
    await changes.load('iris');
    expect(plans.at(-1)).toEqual(started);
    await changes.add({ url: 'iris/1' });
    await changes.become([source(join(root, 'models/iris'))]);
    expect(changes.isAdded({ name: 'iris', version: '1' })).toBe(false);
  });

  it('outside of the folders is not looked at', async () => {
    const { changes, calls } = await allowed();
    await expect(changes.add({ url: '../elsewhere/iris' })).rejects.toMatchObject({
      code: 'MODEL_URL_UNKNOWN',
    });
    expect(calls).toEqual([]);
  });
});

it('what is left goes to the stock as it is', async () => {
  const { changes, calls } = await allowed();
  await changes.setDefault('iris', '1');
  await changes.freed();
  expect(calls).toEqual([['pin', 'iris', '1'], ['freed']]);
});

it('a server that was not told so changes nothing', () => {
  expect(() => refuseChange('Loading a model')).toThrow(
    expect.objectContaining({
      code: 'FEATURE_UNSUPPORTED',
      message: 'Loading a model over this port is not supported by this server.',
      remedy: 'Start the server with the models it is to serve, or with --allow-repository-changes.',
    }),
  );
});

it('what the start asks for every model counts for those that come later', async () => {
  const settings = { intraOpThreads: 2, speaksFirst: 'kserve' } as const;
  const { root, plans, calls, changes } = await allowed({ ...settings, anyLabels: true });
  await changes.become([source(join(root, 'models/iris'))]);
  expect(plans[0]?.versions).toEqual([expect.objectContaining(settings)]);
  await changes.add({ url: 'iris/1' });
  expect(calls[0]?.[2]).toEqual([{ ...settings, path: expect.any(String), folder: expect.any(Object) }]);
});
