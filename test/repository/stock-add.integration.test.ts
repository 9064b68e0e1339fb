import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { openPlan } from '../../src/repository/open-plan.ts';
import { planFolder, planPlace } from '../../src/repository/plan-folder.ts';
import { Repository } from '../../src/repository/repository.ts';
import { Stock } from '../../src/repository/stock.ts';
import { constantBomb } from '../runtime/hostile-models.ts';
import { desks, filled, versionOf } from './filled-stock.ts';
import { folderWith } from './folders.ts';

describe('add', () => {
  const taken = () => undefined;

  it('serves a model beside the others; what is there from the same file stays', async () => {
    const { root, desk, stock, states } = await filled({
      'iris/1/model.onnx': null,
      'new/2/model.onnx': null,
    });
    const kept = versionOf(desk, 'iris', '1');
    await rename(join(root, 'new/2'), join(root, 'iris/2'));
    const added = await stock.add('iris', () => planPlace(join(root, 'iris')), taken);
    const path = join(root, 'iris/2');
    expect(added).toMatchObject([
      { facts: { name: 'iris', version: '2' }, planned: { path, folder: { model: 'iris', version: '2' } } },
    ]);
    expect(states()).toEqual(['iris 1 AVAILABLE', 'new 2 AVAILABLE', 'iris 2 AVAILABLE']);
    expect(versionOf(desk, 'iris', '1')).toBe(kept);
    await stock.add('rose', () => planPlace(join(root, 'iris/2'), 'rose'), taken);
    expect(desk.versions('rose').map(({ version }) => version)).toEqual(['2']);
  });

  it('refuses a version that is served: the same file again, or another', async () => {
    const { root, desk, stock } = await filled({ 'iris/1/model.onnx': null, 'rose/net.onnx': null });
    const served = desk.loaded();
    for (const [place, name] of [
      ['iris', undefined],
      ['iris/1', undefined],
      ['rose/net.onnx', 'iris'],
    ] as const) {
      const added = stock.add('iris', () => planPlace(join(root, place), name), taken);
      await expect(added).rejects.toMatchObject({
        code: 'VERSION_SERVED_ALREADY',
        http: 409,
        grpc: 'ALREADY_EXISTS',
        message: 'Version 1 of model "iris" is served already.',
      });
    }
    expect(desk.loaded()).toEqual(served);
  });

  it('loads nothing that is refused, or cannot be opened', async () => {
    const { root, desk, stock, states } = await filled({ 'iris/1/model.onnx': null, 'x/1/model.onnx': null });
    const refuse = () => {
      throw new Error('no');
    };
    const plan = () => planPlace(join(root, 'iris'), 'rose');
    await expect(stock.add('rose', plan, refuse)).rejects.toMatchObject({ code: 'MODEL_LOAD_FAILED' });
    await writeFile(join(root, 'x/1/model.onnx'), 'no model');
    const broken = stock.add('rose', () => planPlace(join(root, 'x'), 'rose'), taken);
    await expect(broken).rejects.toMatchObject({
      code: 'MODEL_LOAD_FAILED',
      message: expect.stringMatching(/^Model "rose" could not be loaded: MODEL_[A-Z_]+\.$/) as string,
    });
    expect(states()).toEqual(['iris 1 AVAILABLE', 'x 1 AVAILABLE']);
    expect(desk.loaded()).toHaveLength(2);
  });

  it('says of a model that eats all memory that it does not fit', async () => {
    const { root, stock, states } = await filled({ 'iris/1/model.onnx': null });
    const bomb = await folderWith({
      'model.onnx': constantBomb(2 ** 27),
      'model.yaml':
        'name: bomb\nmodel: {path: model.onnx}\nruntime: {probe: {timeout_ms: 60000, max_memory: 400MB}}\n',
    });
    await rename(bomb, join(root, 'bomb'));
    const added = stock.add('bomb', () => planPlace(join(root, 'bomb')), taken);
    await expect(added).rejects.toMatchObject({
      code: 'MODEL_DOES_NOT_FIT',
      http: 507,
      grpc: 'RESOURCE_EXHAUSTED',
      message: 'Model "bomb" needs more memory than there is.',
    });
    expect(states()).toEqual(['iris 1 AVAILABLE', 'bomb 1 END']);
  });

  it('waits for the start', async () => {
    const root = await folderWith({ 'iris/1/model.onnx': null });
    const desk = new Repository();
    desks.push(desk);
    const stock = new Stock(desk, pino({ level: 'silent' }));
    const models = await openPlan((await planFolder(root)).versions);
    const filling = stock.fill(models, undefined, { isProven: true });
    await stock.add('rose', () => planPlace(join(root, 'iris'), 'rose'), taken);
    expect(desk.list().map(({ name }) => name)).toEqual(['iris', 'rose']);
    await filling;
  });
});

describe('one version', () => {
  it('can be taken away, and chosen as what requests without one mean', async () => {
    const { desk, stock, states } = await filled({ 'iris/1/model.onnx': null, 'iris/2/model.onnx': null });
    stock.pin('iris', '1');
    expect(desk.find('iris').version).toBe('1');
    await stock.unload('iris', '1');
    await stock.freed();
    expect(states()).toEqual(['iris 1 END', 'iris 2 AVAILABLE']);
    expect(desk.find('iris').version).toBe('2');
    await expect(stock.unload('iris', '1')).rejects.toMatchObject({ code: 'VERSION_NOT_FOUND' });
  });

  it('that is planned twice is loaded once', async () => {
    const { root, desk, stock } = await filled({ 'iris/1/model.onnx': null, 'rose/1/model.onnx': null });
    const twice = async () => {
      const { versions, warnings } = await planFolder(root);
      return { versions: [...versions, ...versions], warnings };
    };
    await stock.load('iris', twice);
    expect(desk.versions('iris')).toHaveLength(1);
  });
});
