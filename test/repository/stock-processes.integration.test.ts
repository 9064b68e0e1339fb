import { join } from 'node:path';
import { pino } from 'pino';
import { expect, it, vi } from 'vitest';
import * as loading from '../../src/repository/load-version.ts';
import { openPlan } from '../../src/repository/open-plan.ts';
import { planFolder } from '../../src/repository/plan-folder.ts';
import { Repository } from '../../src/repository/repository.ts';
import { Stock } from '../../src/repository/stock.ts';
import { desks } from './filled-stock.ts';
import { folderWith } from './folders.ts';

// The loads themselves are real; how many threads they come to cannot be seen from outside.
vi.mock('../../src/repository/load-version.ts', { spy: true });

it('what is loaded later shares the cores with as many processes as what was there at the start', async () => {
  const root = await folderWith({ 'iris/1/model.onnx': null });
  const desk = new Repository();
  desks.push(desk);
  const stock = new Stock(desk, pino({ level: 'silent' }));
  const plan = () => planFolder(root);
  await stock.fill(await openPlan((await plan()).versions), undefined, { isProven: true, processes: 3 });
  await stock.load('iris', plan);
  await stock.add(
    'roses',
    async () => ({ ...(await planFolder(join(root, 'iris'), 'roses')) }),
    () => undefined,
  );
  expect(vi.mocked(loading.loadVersion).mock.calls.map(([, options]) => options)).toEqual([
    { isProven: true, processes: 3 },
    { isProven: false, processes: 3 },
    { isProven: false, processes: 3 },
  ]);
});
