import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readModel } from '../../src/onnx/read-model.ts';
import { probeModel } from '../../src/runtime/probe.ts';
import { fixturePath, loadCase } from '../fixtures.ts';

const folder = mkdtempSync(join(tmpdir(), 'mdeploy-tasks-'));
afterAll(() => rmSync(folder, { recursive: true }));
const digits = loadCase('torch/digits_cnn');
const source = (path: string) => ({ name: 'm', path, intraOpThreads: 1 });
const caps = { timeoutMs: 60_000, maxMemoryBytes: 4e9 };

test('a graph is saved as the runtime optimises it', async () => {
  const [basic, extended] = [join(folder, 'basic.onnx'), join(folder, 'extended.onnx')];
  for (const [level, to] of [
    ['basic', basic],
    ['extended', extended],
  ] as const)
    await probeModel(source(digits.modelPath), { ...caps, inputs: [], task: { kind: 'save', level, to } });
  const [plain, fused] = [await readModel(basic), await readModel(extended)];
  expect(plain.operators.every(({ domain }) => domain === 'ai.onnx')).toBe(true);
  expect(fused.operators.some(({ domain }) => domain === 'com.microsoft')).toBe(true);
  const { runs } = await probeModel(source(extended), { ...caps, inputs: [digits.inputs] });
  expect(runs[0]).toMatchObject({ ok: true });
});

test('a model and a rival are timed side by side', async () => {
  const { times } = await probeModel(source(digits.modelPath), {
    ...caps,
    inputs: [digits.inputs],
    task: { kind: 'race', rival: source(digits.modelPath), budgetMs: 50, minRounds: 4 },
  });
  expect(times?.map((list) => list.length >= 4 && list.every((ms) => ms > 0))).toEqual([true, true]);
});

test('a rival that does not load ends the race with the reason', async () => {
  const file = fixturePath('traits/truncated/model.onnx');
  expect(readFileSync(file).length).toBeGreaterThan(0);
  const raced = probeModel(source(digits.modelPath), {
    ...caps,
    inputs: [digits.inputs],
    task: { kind: 'race', rival: source(file), budgetMs: 50, minRounds: 4 },
  });
  await expect(raced).rejects.toMatchObject({ code: 'MODEL_REFUSED' });
});
