import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { peakFromProc, residentFromPs, watchMemory } from '../../src/runtime/resident-memory.ts';

const nobody = 2 ** 22 + 1;

afterEach(() => {
  vi.unstubAllEnvs();
});

describe('watchMemory', () => {
  it('tells until stopped, and not after', async () => {
    const told: number[] = [];
    let next = 0;
    const stop = watchMemory(
      1,
      (bytes) => told.push(bytes),
      () => ++next,
    );
    while (told.length < 3) await sleep(5);
    stop();
    const before = told.length;
    await sleep(60);
    expect(told).toHaveLength(before);
    expect(told.slice(0, 3)).toEqual([1, 2, 3]);
  });

  it('waits for a slow sampler and drops what it says after the end', async () => {
    const told: number[] = [];
    const stop = watchMemory(
      1,
      (bytes) => told.push(bytes),
      async () => sleep(30, 7),
    );
    stop();
    await sleep(60);
    expect(told).toEqual([]);
  });
});

describe('samplers', () => {
  it.runIf(process.platform === 'linux')('read the peak of a live process, 0 of none', () => {
    expect(peakFromProc('self')).toBeGreaterThan(20e6);
    expect(peakFromProc(process.pid)).toBeGreaterThanOrEqual(20e6);
    expect(peakFromProc(nobody)).toBe(0);
  });

  it('read kilobytes from ps, 0 where it fails', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mdeploy-ps-'));
    writeFileSync(join(folder, 'ps'), '#!/bin/sh\n[ "$4" = 7 ] && echo "  2048" || exit 1\n', {
      mode: 0o755,
    });
    vi.stubEnv('PATH', `${folder}:${process.env.PATH}`);
    expect(await residentFromPs(7)).toBe(2048 * 1024);
    expect(await residentFromPs(8)).toBe(0);
    rmSync(folder, { recursive: true });
  });
});
