import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { openPlan } from '../../src/repository/open-plan.ts';
import { planFolder } from '../../src/repository/plan-folder.ts';
import { planSources } from '../../src/repository/plan-sources.ts';
import { Repository } from '../../src/repository/repository.ts';
import { Stock } from '../../src/repository/stock.ts';
import { desks, filled, versionOf } from './filled-stock.ts';
import { folderWith } from './folders.ts';

describe('a start', () => {
  it('loads everything, and what is loading can be seen', async () => {
    const root = await folderWith({ 'iris/1/model.onnx': null, 'roses/net.onnx': null });
    const desk = new Repository();
    desks.push(desk);
    const stock = new Stock(desk, pino({ level: 'silent' }));
    const models = await openPlan((await planFolder(root)).versions);
    const labels = new Map([['iris', new Map([['stable', '1']])]]);
    const filling = stock.fill(models, labels, { isProven: true });
    expect(desk.list()).toEqual([]);
    expect(desk.history().map(({ state }) => state)).toEqual(['LOADING', 'LOADING']);
    await filling;
    expect(desk.history().map(({ state }) => state)).toEqual(['AVAILABLE', 'AVAILABLE']);
    expect(desk.find('iris', undefined, 'stable').version).toBe('1');
    expect(desk.loaded()[0]!.room).not.toBe(desk.loaded()[1]!.room);
  });
});

describe('load', () => {
  it('takes new versions in, lets old ones go, and loads what is there anew', async () => {
    const { root, desk, stock, plan, lines } = await filled({
      'iris/1/model.onnx': null,
      'iris/2/model.onnx': null,
      'roses/net.onnx': null,
    });
    const before = desk.lease('iris', '2');
    await rename(join(root, 'iris/1'), join(root, 'iris/3'));
    await stock.load('iris', plan);
    expect(desk.versions('iris').map(({ version }) => version)).toEqual(['3', '2']);
    expect(versionOf(desk, 'iris', '2')).not.toBe(before.version);
    before.release();
    expect(desk.find('roses').version).toBe('1');
    expect(lines.filter(({ msg }) => msg === 'loaded')).toHaveLength(3 + 2);
  });

  it('finds a model that was not there at the start', async () => {
    const { root, desk, stock, plan } = await filled({ 'iris/1/model.onnx': null, 'x/net.onnx': null });
    await rename(join(root, 'x'), join(root, 'tulips'));
    await stock.load('tulips', plan);
    expect(desk.find('tulips').version).toBe('1');
    expect(desk.find('x').version).toBe('1');
  });

  it('of a broken file changes nothing, and says so in the log', async () => {
    const { root, desk, stock, plan, lines, states } = await filled({
      'iris/1/model.onnx': null,
      'roses/net.onnx': null,
    });
    const served = desk.loaded();
    await folderInto(root, 'iris/2/model.onnx', 'no model');
    await expect(stock.load('iris', plan)).rejects.toMatchObject({
      code: 'MODEL_LOAD_FAILED',
      http: 400,
      message: expect.stringMatching(/^Model "iris" could not be loaded: MODEL_[A-Z_]+\.$/),
      remedy: "The server's log says why; what was served before is still served.",
    });
    expect(desk.loaded()).toEqual(served);
    expect(states()).toEqual(['iris 1 AVAILABLE', 'roses 1 AVAILABLE']);
    expect(JSON.stringify(lines)).toContain(join(root, 'iris/2/model.onnx'));
    // What is wrong with one is no concern of the other.
    await stock.load('roses', plan);
  });

  it('of an unknown name says what there is', async () => {
    const { stock, plan } = await filled({ 'iris/1/model.onnx': null, 'roses/net.onnx': null });
    await expect(stock.load('../iris', plan)).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
      remedy: 'Served here: iris, roses.',
    });
  });

  it('refuses settings that the server does not have', async () => {
    const { root, stock, plan, lines } = await filled({ 'iris/1/model.onnx': null, 'roses/net.onnx': null });
    await writeFile(
      join(root, 'roses/model.yaml'),
      'name: roses\nmodel: {path: net.onnx}\nserving: {timeout_ms: 1}\n',
    );
    await expect(stock.load('roses', plan)).rejects.toMatchObject({ code: 'MODEL_LOAD_FAILED' });
    expect(lines.at(-1)).toMatchObject({ level: 50, code: 'SERVING_DIFFERS', model: 'roses' });
  });
});

describe('unload', () => {
  it('takes all versions away, once', async () => {
    const { desk, stock, plan, states, lines } = await filled({
      'iris/1/model.onnx': null,
      'iris/2/model.onnx': null,
      'roses/net.onnx': null,
    });
    const lease = desk.lease('iris', '2');
    await stock.unload('iris');
    expect(desk.list().map(({ name }) => name)).toEqual(['roses']);
    expect(states()).toContain('iris 2 UNLOADING');
    lease.release();
    await expect.poll(states).toEqual(['iris 1 END', 'iris 2 END', 'roses 1 AVAILABLE']);
    await expect(stock.unload('iris')).rejects.toMatchObject({ code: 'MODEL_NOT_FOUND' });
    // The client's fault: a warning, and no stack.
    expect(lines.at(-1)).toMatchObject({ level: 40, model: 'iris', code: 'MODEL_NOT_FOUND' });
    expect(lines.at(-1)).not.toHaveProperty('err');
    await stock.load('iris', plan);
    expect(states()).toEqual(['iris 1 AVAILABLE', 'iris 2 AVAILABLE', 'roses 1 AVAILABLE']);
  });

  it('waits for the change before it; none begins after the end', async () => {
    const { desk, stock, plan } = await filled({ 'iris/1/model.onnx': null, 'roses/net.onnx': null });
    const [, unloaded] = [stock.load('iris', plan), stock.unload('iris')];
    await unloaded;
    expect(desk.versions('iris')).toEqual([]);
    const late = stock.load('iris', plan);
    await stock.close();
    await expect(late).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
    await expect(stock.unload('roses')).rejects.toMatchObject({ code: 'SHUTTING_DOWN' });
  });
});

describe('become', () => {
  it('serves exactly what is wanted, and keeps what is there already', async () => {
    const { root, desk, stock } = await filled({
      'iris/1/model.onnx': null,
      'iris/2/model.onnx': null,
      'roses/1/model.onnx': null,
    });
    const kept = versionOf(desk, 'iris', '2');
    const source = { name: 'iris', basePath: join(root, 'iris'), policy: { latest: 1 } };
    await stock.become(() => planSources([{ ...source, labels: new Map([['stable', '2']]) }]));
    expect(desk.loaded()).toEqual([kept]);
    expect(desk.find('iris', undefined, 'stable').version).toBe('2');
    await stock.become(() => planSources([{ ...source, policy: { all: true }, labels: new Map() }]));
    expect(desk.list().map(({ version }) => version)).toEqual(['2', '1']);
    expect(() => desk.find('iris', undefined, 'stable')).toThrow(
      expect.objectContaining({ code: 'LABEL_NOT_FOUND' }),
    );
  });

  it('changes nothing when one of the models cannot be loaded', async () => {
    const { root, desk, stock, states } = await filled({
      'iris/1/model.onnx': null,
      'roses/1/model.onnx': null,
    });
    await folderInto(root, 'tulips/1/model.onnx', '');
    const source = (name: string) => ({
      name,
      basePath: join(root, name),
      policy: { latest: 1 },
      labels: new Map(),
    });
    await expect(stock.become(() => planSources([source('iris'), source('tulips')]))).rejects.toMatchObject({
      code: 'MODEL_LOAD_FAILED',
    });
    expect(states()).toEqual(['iris 1 AVAILABLE', 'roses 1 AVAILABLE']);
    expect(desk.loaded()).toHaveLength(2);
    await rm(join(root, 'tulips'), { recursive: true });
  });
});

async function folderInto(root: string, path: string, content: string): Promise<void> {
  const folder = await folderWith({ [path]: content });
  const [model = ''] = path.split('/');
  const version = path.split('/')[1] ?? '';
  await rename(join(folder, model, version), join(root, model, version)).catch(() =>
    rename(join(folder, model), join(root, model)),
  );
}
