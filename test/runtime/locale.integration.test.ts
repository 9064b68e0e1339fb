import { afterEach, describe, expect, it, vi } from 'vitest';
import { hasLocale } from '../../src/runtime/locale.ts';

afterEach(() => vi.unstubAllEnvs());

describe('hasLocale', () => {
  it('finds the locale that every system has, and not one that none has', async () => {
    expect(await hasLocale('C')).toBe(true);
    expect(await hasLocale('xx_YY.UTF-8')).toBe(false);
  });

  it('asks for the default of the runtime where a model names none', async () => {
    vi.stubEnv('LOCPATH', '/nonexistent');
    expect(await hasLocale('en_US')).toBe(false);
    expect(await hasLocale('en_US.UTF-8')).toBe(false);
    expect(await hasLocale('C')).toBe(true);
  });

  it('passes an interruption on', async () => {
    await expect(hasLocale('C', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
  });
});
