import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import * as roles from '../../../src/core/roles.ts';
import type { Tensor } from '../../../src/core/tensor.ts';
import { isInside } from '../../../src/runtime/inside.ts';
import { openWorkerSession } from '../../../src/runtime/runtimes/onnx-worker.ts';
import { difference, fixturePath, loadCase } from '../../fixtures.ts';
import { carried, disagreement, sourceOf } from '../sources.ts';

vi.mock('../../../src/core/roles.ts', { spy: true });

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mdeploy-worker-'));
});

afterAll(() => rm(folder, { recursive: true }));
afterEach(() => {
  vi.mocked(roles.roleEntry).mockReset();
  // Else the server would not dare to exit.
  expect(isInside()).toBe(false);
});

describe('openWorkerSession', () => {
  it.each(carried)('%s answers its golden values', async (name) => {
    const session = await openWorkerSession(sourceOf(name));
    expect(session.placement).toBe('worker');
    expect(await disagreement(session, loadCase(name))).toBeUndefined();
    await session.close();
  });

  it('the event loop turns while a long run is on', async () => {
    const golden = loadCase('perf/resnet50');
    const outputs = golden.outputs.map(({ name }) => name);
    const session = await openWorkerSession(sourceOf('perf/resnet50'));
    await session.run(golden.inputs, outputs);
    const begun = performance.now();
    const gaps = gapsDuring(session.run(golden.inputs, outputs));
    await gaps;
    const took = performance.now() - begun;
    const sorted = (await gaps).sort((a, b) => a - b);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThan(took / 4);
    expect(sorted.length).toBeGreaterThan(4);
    await session.close();
  });

  it('close waits for every run that was begun', async () => {
    const golden = loadCase('torch/digits_cnn');
    const session = await openWorkerSession(sourceOf('torch/digits_cnn'));
    const outputs = golden.outputs.map(({ name }) => name);
    expect(isInside()).toBe(false);
    const runs = Array.from({ length: 50 }, () => session.run(golden.inputs, outputs));
    expect(isInside()).toBe(true);
    await session.close();
    for (const [result] of await Promise.all(runs)) {
      expect(difference(result!, golden.outputs[0]!, golden.tolerance)).toBeUndefined();
    }
  });

  it('a run after close is refused, and a second close does no harm', async () => {
    const session = await openWorkerSession(sourceOf('traits/bool_not'));
    expect(session.dead).toBeUndefined();
    await session.close();
    await session.close();
    await expect(session.run(loadCase('traits/bool_not').inputs, ['y'])).rejects.toMatchObject({
      code: 'WORKER_DIED',
    });
  });

  it('one run that is refused leaves the others alone', async () => {
    const session = await openWorkerSession(sourceOf('traits/many_io'));
    const wrong = tensors(2, 3);
    const right = tensors(2, 2);
    const outputs = session.signature.outputs.map(({ name }) => name);
    const [refused, fine, fault] = await Promise.allSettled([
      session.run(wrong, outputs),
      session.run(right, outputs),
      session.run([], outputs),
    ]);
    expect(refused).toMatchObject({ status: 'rejected', reason: { code: 'RUN_REFUSED', http: 400 } });
    expect(fine.status).toBe('fulfilled');
    expect(fault).toMatchObject({ status: 'rejected', reason: { code: 'ENGINE_FAULT' } });
    await session.close();
  });

  it('a model that the runtime refuses is refused in its words', async () => {
    const path = fixturePath('traits/ir_too_new/model.onnx');
    await expect(openWorkerSession({ name: 'new', path, intraOpThreads: 1 })).rejects.toMatchObject({
      code: 'MODEL_REFUSED',
      message: expect.stringContaining('IR version'),
    });
  });
});

describe('a thread that ends by itself', () => {
  const ready = `port.postMessage({ kind: 'ready', signature: { inputs: [], outputs: [] } });`;

  it('while loading refuses to open', async () => {
    await actAs('throw new Error("no room for the heap")');
    await expect(openWorkerSession(sourceOf('traits/bool_not'))).rejects.toMatchObject({
      code: 'WORKER_DIED',
      message: 'The worker thread of model "traits/bool_not" ended: no room for the heap.',
    });
    await actAs('process.exit(7)');
    await expect(openWorkerSession(sourceOf('traits/bool_not'))).rejects.toMatchObject({
      message: expect.stringContaining('exit code 7 while loading'),
    });
  });

  it.each([
    ['throws', 'throw new Error("broke down")', 'broke down'],
    ['exits', 'process.exit(3)', 'exit code 3'],
  ])('and %s in a run rejects every run, now and later', async (_, deed, reason) => {
    await actAs(`${ready} port.on('message', () => { ${deed} });`);
    const session = await openWorkerSession(sourceOf('traits/bool_not'));
    const runs = await Promise.allSettled([session.run([], ['y']), session.run([], ['y'])]);
    for (const run of runs) {
      expect(run).toMatchObject({ status: 'rejected', reason: { code: 'WORKER_DIED' } });
      expect((run as PromiseRejectedResult).reason.message).toContain(reason);
    }
    expect(session.dead).toMatchObject({ code: 'WORKER_DIED' });
    await expect(session.run([], ['y'])).rejects.toBe(session.dead);
    await session.close();
  });

  async function actAs(body: string): Promise<void> {
    const file = join(folder, `${Math.random().toString(36).slice(2)}.mjs`);
    await writeFile(file, `import { parentPort as port } from 'node:worker_threads';\n${body}\n`);
    vi.mocked(roles.roleEntry).mockReturnValue(pathToFileURL(file));
  }
});

/** Milliseconds between turns of the event loop until `end`. */
async function gapsDuring(end: Promise<unknown>): Promise<number[]> {
  const gaps: number[] = [];
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    gaps.push(now - last);
    last = now;
  }, 2);
  await end;
  clearInterval(timer);
  return gaps;
}

function tensors(a: number, b: number): Tensor[] {
  const input = (name: string, rows: number): Tensor => ({
    name,
    datatype: 'FP32',
    shape: [rows, 2],
    data: new Float32Array(rows * 2),
  });
  return [
    input('a', a),
    input('b', b),
    { name: 'c', datatype: 'FP32', shape: [1], data: new Float32Array(1) },
  ];
}
