import { afterEach, describe, expect, test } from 'vitest';
import { onInterrupt, runCleanups } from '../../src/core/interrupt.ts';

afterEach(async () => {
  await runCleanups();
});

describe('cleanups', () => {
  test('run newest first, once', async () => {
    const ran: string[] = [];
    onInterrupt(() => void ran.push('folder'));
    onInterrupt(async () => void ran.push('container'));
    expect(await runCleanups()).toEqual([]);
    expect(await runCleanups()).toEqual([]);
    expect(ran).toEqual(['container', 'folder']);
  });

  test('are forgotten when the work is done', async () => {
    const ran: string[] = [];
    const done = onInterrupt(() => void ran.push('never'));
    done();
    await runCleanups();
    expect(ran).toEqual([]);
  });

  test('one that fails is reported and does not stop the others', async () => {
    const ran: string[] = [];
    const problem = new Error('busy');
    onInterrupt(() => void ran.push('folder'));
    onInterrupt(() => Promise.reject(problem));
    expect(await runCleanups()).toEqual([problem]);
    expect(ran).toEqual(['folder']);
  });
});
