// The rules that keep provisioning safe: one at a time, and no silence about what is missing.
import { mkdir, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { cachePath } from './cache.ts';
import { CannotProvision, obtain } from './cannot-provision.ts';
import { pause } from './command.ts';
import { withLock } from './lock.ts';

describe('lock', () => {
  it('lets one at a time in', async () => {
    let inside = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++inside);
      await pause(20);
      inside -= 1;
    };
    await Promise.all([1, 2, 3, 4].map(() => withLock('provision-test', work)));
    expect(most).toBe(1);
  });

  it.each(['999999999 1', `${process.pid} 1`])(
    'is taken over from a holder that is gone (%s)',
    async (holder) => {
      await mkdir(cachePath('locks'), { recursive: true });
      await writeFile(cachePath('locks', 'provision-test.lock'), holder);
      expect(await withLock('provision-test', async () => 'ran')).toBe('ran');
    },
  );
});

describe('obtain', () => {
  it('gives notice on a developer machine, fails in CI, and never hides another error', async () => {
    const ci = process.env.CI;
    const refuse = async () =>
      Promise.reject(new CannotProvision('no engine (this notice is part of a test)'));
    try {
      process.env.CI = '';
      expect(await obtain(refuse)).toBeUndefined();
      await expect(obtain(() => Promise.reject(new TypeError('bug')))).rejects.toThrow(TypeError);
      process.env.CI = 'true';
      await expect(obtain(refuse)).rejects.toThrow(CannotProvision);
    } finally {
      if (ci === undefined) delete process.env.CI;
      else process.env.CI = ci;
    }
  });
});
