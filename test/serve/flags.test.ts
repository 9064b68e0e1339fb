import { describe, expect, it } from 'vitest';
import { parseServeFlags } from '../../src/serve/flags.ts';

describe('parseServeFlags', () => {
  it('has a default for everything', () => {
    expect(parseServeFlags({})).toEqual({
      host: '127.0.0.1',
      port: 8501,
      logLevel: 'info',
      drainDelayMs: 250,
    });
  });

  it('takes what is given', () => {
    const given = { name: 'iris_2', host: '::1', port: '0', 'log-level': 'debug', 'drain-delay': '5000' };
    expect(parseServeFlags(given)).toEqual({
      name: 'iris_2',
      host: '::1',
      port: 0,
      logLevel: 'debug',
      drainDelayMs: 5000,
    });
  });

  it.each([
    ['name', '../x', '--name takes letters, digits and . _ - (128 at most), not "../x".'],
    ['name', '', '--name takes letters, digits and . _ - (128 at most), not "".'],
    ['host', 'a b', '--host takes a host name or an IP address, not "a b".'],
    ['host', '', '--host takes a host name or an IP address, not "".'],
    ['port', '65536', '--port takes a whole number from 0 to 65535, not "65536".'],
    ['port', '80.5', '--port takes a whole number from 0 to 65535, not "80.5".'],
    ['port', '-1', '--port takes a whole number from 0 to 65535, not "-1".'],
    ['port', '', '--port takes a whole number from 0 to 65535, not "".'],
    ['port', '0x50', '--port takes a whole number from 0 to 65535, not "0x50".'],
    ['log-level', 'loud', '--log-level takes silent, error, warn, info, debug, not "loud".'],
    ['drain-delay', '600001', '--drain-delay takes a whole number from 0 to 600000, not "600001".'],
  ])('--%s %j is refused', (flag, received, message) => {
    expect(() => parseServeFlags({ [flag]: received })).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        exit: 2,
        message,
        details: expect.objectContaining({ field: `--${flag}`, received }),
      }),
    );
  });
});
