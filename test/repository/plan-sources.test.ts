import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ModelSource, planSources } from '../../src/repository/plan-sources.ts';
import { folderWith } from './folders.ts';

async function base(...versions: string[]): Promise<string> {
  return folderWith(Object.fromEntries(versions.map((version) => [`${version}/model.onnx`, null])));
}

async function planned(versions: string[], source: Partial<ModelSource>, anyLabels = false) {
  const basePath = await base(...versions);
  const full = { name: 'iris', basePath, policy: { latest: 1 }, labels: new Map(), ...source };
  const plan = await planSources([full], { anyLabels });
  return { ...plan, numbers: plan.versions.map(({ folder }) => folder?.version), basePath };
}

describe('the version policy', () => {
  it.each([
    [{ latest: 1 }, ['10']],
    [{ latest: 2 }, ['10', '9']],
    [{ latest: 99 }, ['10', '9', '1']],
    [{ all: true }, ['10', '9', '1']],
    [{ specific: ['1', '9'] }, ['1', '9']],
  ] as const)('%j', async (policy, expected) => {
    const { numbers, versions, basePath } = await planned(['1', '9', '10'], { policy });
    expect(numbers).toEqual(expected);
    expect(versions[0]).toEqual({
      path: join(basePath, expected[0]),
      name: 'iris',
      folder: { model: 'iris', version: expected[0] },
    });
  });

  it('compares int64 numbers exactly', async () => {
    const { numbers } = await planned(['9007199254740993', '9007199254740992'], {});
    expect(numbers).toEqual(['9007199254740993']);
  });

  it('names what is missing', async () => {
    const basePath = await base('1', '2');
    const source = { name: 'iris', basePath, labels: new Map() };
    await expect(planSources([{ ...source, policy: { specific: ['3'] } }])).rejects.toMatchObject({
      code: 'VERSION_FOLDER_UNKNOWN',
      message: `${basePath} has no version 3, which the configuration asks for.`,
      remedy: 'Its versions are: 2, 1.',
    });
    const empty = await folderWith({ 'model.onnx': null });
    await expect(planSources([{ ...source, basePath: empty, policy: { all: true } }])).rejects.toMatchObject({
      code: 'VERSION_FOLDERS_MISSING',
      remedy: `Put each version into a folder named by its number, for example ${empty}/1/model.onnx.`,
    });
  });
});

describe('labels', () => {
  const labels = new Map([['stable', '1']]);

  it('are for versions that are served', async () => {
    expect((await planned(['1', '2'], { labels, policy: { all: true } })).labels).toEqual(
      new Map([['iris', labels]]),
    );
    await expect(planned(['1', '2'], { labels })).rejects.toMatchObject({
      code: 'LABEL_VERSION_UNKNOWN',
      http: 400,
      message: 'Label "stable" of model "iris" is for version 1, which is not served.',
      remedy: 'Point it to one of these versions: 2.',
    });
  });

  it('may be for others where that is allowed', async () => {
    expect((await planned(['2'], { labels }, true)).labels?.get('iris')).toEqual(labels);
  });
});
