import { pino } from 'pino';
import { afterEach } from 'vitest';
import { openPlan } from '../../src/repository/open-plan.ts';
import { planFolder } from '../../src/repository/plan-folder.ts';
import { Repository } from '../../src/repository/repository.ts';
import { Stock } from '../../src/repository/stock.ts';
import { folderWith } from './folders.ts';

/** Closed after the test. */
export const desks: Repository[] = [];

afterEach(async () => {
  for (const desk of desks.splice(0)) await desk.close();
});

/** A stock that serves a folder with these files (`folderWith`). */
export async function filled(files: Readonly<Record<string, string | null>>) {
  const root = await folderWith(files);
  const lines: Record<string, unknown>[] = [];
  const log = pino({ base: null }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const desk = new Repository();
  desks.push(desk);
  const stock = new Stock(desk, log);
  const plan = () => planFolder(root);
  await stock.fill(await openPlan((await plan()).versions), undefined, { isProven: true });
  const states = () => desk.history().map(({ name, version, state }) => `${name} ${version} ${state}`);
  return { root, desk, stock, plan, lines, states };
}

export function versionOf(desk: Repository, name: string, version: string) {
  const lease = desk.lease(name, version);
  lease.release();
  return lease.version;
}
