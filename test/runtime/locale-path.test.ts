import { afterEach, describe, expect, it, vi } from 'vitest';
import { useLocales } from '../../src/runtime/locale-path.ts';

afterEach(() => vi.unstubAllEnvs());

describe('useLocales', () => {
  it.each([
    [undefined, '/app/locale', '/app/locale'],
    ['', '/app/locale', '/app/locale'],
    ['/usr/share/mine', '/app/locale', '/app/locale:/usr/share/mine'],
    ['/app/locale', '/app/locale', '/app/locale'],
    ['/a:/app/locale', '/app/locale', '/a:/app/locale'],
    ['/app/locale/more', '/app/locale', '/app/locale:/app/locale/more'],
  ])('LOCPATH %j and %j give %j', (before, folder, after) => {
    vi.stubEnv('LOCPATH', before);
    useLocales(folder);
    expect(process.env.LOCPATH).toBe(after);
  });

  it('leaves the environment alone where a package brings none', () => {
    vi.stubEnv('LOCPATH', undefined);
    useLocales(undefined);
    expect('LOCPATH' in process.env).toBe(false);
  });
});
