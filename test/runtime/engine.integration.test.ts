import { describe, expect, it } from 'vitest';
import { inlineBudgetMs, startEngine } from '../../src/runtime/engine.ts';
import { openOnnxSession } from '../../src/runtime/runtimes/onnx.ts';
import { loadCase } from '../fixtures.ts';
import { sourceOf } from './sources.ts';

async function start(name: string, { fileBytes = 1000, feeds = true } = {}) {
  const described = await openOnnxSession(sourceOf(name));
  const { signature } = described;
  await described.close();
  return startEngine(sourceOf(name), signature, fileBytes, feeds ? loadCase(name).inputs : undefined);
}

describe('startEngine', () => {
  it('keeps a tiny model on the event loop', async () => {
    const engine = await start('torch/digits_cnn');
    expect(engine.session.placement).toBe('inline');
    expect(engine.runMs).toBeLessThanOrEqual(inlineBudgetMs);
    expect(engine.reason).toMatch(/^0\.\d{3} ms a run: on the event loop$/);
    await engine.session.close();
  });

  it('gives a long one a thread', async () => {
    const engine = await start('perf/squeezenet');
    expect(engine.session.placement).toBe('worker');
    expect(engine.runMs).toBeGreaterThan(inlineBudgetMs);
    expect(engine.reason).toMatch(/^\d+\.\d ms a run: worker thread$/);
    await engine.session.close();
  });

  it('a large file is not measured on the loop, yet warm', async () => {
    const engine = await start('perf/squeezenet', { fileBytes: 33 * 1024 * 1024 });
    expect(engine).toMatchObject({ reason: 'large file: worker thread', session: { placement: 'worker' } });
    expect(engine.runMs).toBeUndefined();
    await engine.session.close();
  });

  it('without inputs there is nothing to measure', async () => {
    const engine = await start('traits/bool_not', { feeds: false });
    expect(engine.session.placement).toBe('worker');
    expect(engine.reason).toBe('no input to measure with: worker thread');
    await engine.session.close();
  });

  it.each([1000, 33 * 1024 * 1024])(
    'inputs that do not run are told (file of %d bytes)',
    async (fileBytes) => {
      const source = sourceOf('traits/many_io');
      const described = await openOnnxSession(source);
      await described.close();
      const wrong = loadCase('traits/many_io').inputs.slice(1);
      await expect(startEngine(source, described.signature, fileBytes, wrong)).rejects.toMatchObject({
        code: 'ENGINE_FAULT',
      });
    },
  );
});
