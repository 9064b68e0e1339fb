import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Plan } from '../../src/repository/plan.ts';
import { makeChanges } from '../../src/serve/changes.ts';
import { folderWith } from '../repository/folders.ts';

/** Changes below a folder, and the plans that reach the stock. */
async function allowed(options: { anyLabels?: boolean } = {}) {
  const root = await folderWith({
    'models/iris/1/model.onnx': null,
    'models/iris/2/model.onnx': null,
    'elsewhere/iris/9/model.onnx': null,
  });
  const plans: Plan[] = [];
  const note = async (plan: () => Promise<Plan>) => void plans.push(await plan());
  const stock = {
    load: (_: string, plan: () => Promise<Plan>) => note(plan),
    unload: async () => undefined,
    become: note,
  };
  const started: Plan = { versions: [{ path: 'as started' }], warnings: [] };
  const changes = makeChanges(stock, {
    plan: async () => started,
    roots: [join(root, 'models')],
    ...options,
  });
  return { root, plans, changes, started };
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
