import { describe, expect, test } from 'vitest';
import { parseCounts, parseDuration, parseUrl } from '../../src/bench/arguments.ts';
import { proveLoopback } from '../../src/bench/loopback.ts';

describe('times', () => {
  test.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['1.5s', 1500],
    ['2m', 120_000],
  ])('%s is %d ms', (text, ms) => {
    expect(parseDuration(text, '--duration')).toBe(ms);
  });

  test.each(['10', '0s', '-1s', 's', '1h', '1e3s', '9999m', ''])('%j is none', (text) => {
    expect(() => parseDuration(text, '--duration')).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining('--duration takes a time') }),
    );
  });

  test('a warm-up may be none', () => {
    expect(parseDuration('0s', '--warmup', 0)).toBe(0);
  });
});

describe('lists of numbers', () => {
  test('have commas, and each number once', () => {
    expect(parseCounts('1, 8,32,8', '--connections', 100)).toEqual([1, 8, 32]);
  });

  test.each(['', '0', '1,', '1.5', '-1', '101', 'a', '1 2'])('%j is none', (text) => {
    expect(() => parseCounts(text, '--rate', 100)).toThrow(
      expect.objectContaining({ code: 'USAGE', exit: 2, message: expect.stringContaining('--rate takes') }),
    );
  });
});

describe('addresses', () => {
  test.each(['localhost:8501', 'ftp://127.0.0.1', ''])('%j is none', (text) => {
    expect(() => parseUrl(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });

  test.each([
    'http://127.0.0.1:8501',
    'http://127.9.9.9',
    'http://[::1]:80',
    'http://[::ffff:127.0.0.1]',
    'http://localhost:1',
  ])('%s is this machine', async (text) => {
    await expect(proveLoopback(parseUrl(text))).resolves.toBeUndefined();
  });

  test.each([
    'http://10.0.0.1',
    'http://192.0.2.7:8501',
    'https://[2001:db8::1]',
    'http://0x0a000001',
    'http://[::ffff:10.0.0.1]',
  ])('%s is another', async (text) => {
    await expect(proveLoopback(parseUrl(text))).rejects.toMatchObject({
      code: 'BENCH_REMOTE',
      exit: 2,
      remedy: expect.stringContaining('--allow-remote'),
    });
  });

  test('a name that nobody knows is not reachable', async () => {
    await expect(proveLoopback(new URL('http://no-such-host.invalid'))).rejects.toMatchObject({
      code: 'SERVER_UNREACHABLE',
    });
  });
});
