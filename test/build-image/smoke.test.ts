import { rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { buildImage } from '../../src/build-image/build-image.ts';
import type { Builder, ImageFacts, Trial } from '../../src/build-image/builder.ts';
import { smoke } from '../../src/build-image/smoke.ts';
import { imageText } from '../../src/build-image/text.ts';
import { fakePackage } from './fake-package.ts';

const servers: Server[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

const row = { sample: 's', output: 'o', ok: true, detail: 'max error 0' };

describe('smoke', () => {
  test('waits until /readyz answers 200, replays, removes', async () => {
    let asked = 0;
    const trial = await trialOf(() => (++asked < 4 ? 503 : 200));
    const report = await run(trial, { replay: async () => [row] });
    expect(report).toMatchObject({ ok: true, rows: [row] });
    expect(asked).toBe(4);
    expect(trial.events).toEqual(['removed']);
  });

  test('shows the log when an answer is wrong, before the container is removed', async () => {
    const trial = await trialOf(() => 200);
    const report = await run(trial, { replay: async () => [row, { ...row, ok: false }] });
    expect(report.ok).toBe(false);
    expect(trial.events).toEqual(['log: its words', 'removed']);
  });

  test('gives up when it never gets ready, with what it answered last', async () => {
    const trial = await trialOf(() => 503);
    await expect(run(trial, { timeoutMs: 300 })).rejects.toMatchObject({
      code: 'SMOKE_NOT_READY',
      exit: 1,
      message: expect.stringContaining('within 0.3 s: /readyz answers 503'),
    });
    expect(trial.events).toEqual(['log: its words', 'removed']);
  });

  test('gives up when nothing listens', async () => {
    const trial = { ...(await trialOf(() => 200)), url: 'http://127.0.0.1:1' };
    await expect(run(trial, { timeoutMs: 200 })).rejects.toThrow('nothing answers on its port');
  });

  test.each([
    [{ code: 7, outOfMemory: false }, 'with exit code 7 before it was ready.'],
    [{ code: 137, outOfMemory: true }, 'exit code 137 before it was ready: it used more memory than it may.'],
  ])('a container that ended (%j) is not waited for', async (ended, words) => {
    const trial = { ...(await trialOf(() => 503)), ended: async () => ended };
    const startMs = performance.now();
    await expect(run(trial)).rejects.toMatchObject({
      code: 'SMOKE_ENDED',
      message: expect.stringContaining(words),
    });
    expect(performance.now() - startMs).toBeLessThan(2_000);
  });

  test('a log that cannot be read does not keep the container', async () => {
    const trial = { ...(await trialOf(() => 503)), logs: () => Promise.reject(new Error('no log')) };
    await expect(run(trial, { timeoutMs: 100 })).rejects.toThrow('no log');
    expect(trial.events).toEqual(['removed']);
  });
});

test('an engine on another machine cannot be tried over loopback', async () => {
  const port = await serve((_, response) => {
    response.end(
      JSON.stringify({
        Version: '28.0',
        ApiVersion: '1.48',
        MinAPIVersion: '1.24',
        Os: 'linux',
        Arch: 'amd64',
      }),
    );
  });
  const made = await fakePackage();
  // An address of this machine that is not a loopback name, as any other machine's would be.
  const env = { DOCKER_HOST: `tcp://0.0.0.0:${port}` };
  await expect(buildImage({ root: made.root, env, replay: async () => [] })).rejects.toMatchObject({
    code: 'SMOKE_REMOTE_ENGINE',
    exit: 2,
    message: expect.stringContaining(`tcp://0.0.0.0:${port}`),
  });
  await rm(made.root, { recursive: true });
});

describe('imageText', () => {
  const built = {
    id: 'sha256:abc',
    tags: ['iris:3'],
    platform: 'linux/amd64',
    bytes: 169_000_000,
    layers: [
      { instruction: 'FROM base:1', bytes: 122_000_000 },
      { instruction: `COPY ["${'x'.repeat(200)}", "./"]`, bytes: 47_000_000 },
    ],
    warnings: [],
  };

  test('is a size table', () => {
    const [first, second, , base, copy, sum] = imageText(built).split('\n');
    expect(first).toBe('Built iris:3');
    expect(second).toBe('sha256:abc linux/amd64');
    expect(base).toBe(' 122.0 MB  FROM base:1');
    expect(copy).toHaveLength(11 + 91);
    expect(sum).toBe(' 169.0 MB  in all, uncompressed');
  });

  test('tells what the samples said', () => {
    const text = imageText({
      ...built,
      tags: [],
      smoke: { ok: false, readyMs: 310, rows: [{ ...row, ok: false }] },
    });
    expect(text).toContain('Not named, and removed');
    expect(text).toContain('Ready after 310 ms; an answer is not the expected one.');
    expect(text).toContain('  FAILED  s  o  max error 0');
  });
});

interface FakeTrial extends Trial {
  readonly events: string[];
}

async function trialOf(status: () => number): Promise<FakeTrial> {
  const port = await serve((_, response) => response.writeHead(status()).end());
  const events: string[] = [];
  return {
    events,
    url: `http://127.0.0.1:${port}`,
    ended: async () => undefined,
    logs: async () => 'its words',
    remove: async () => {
      events.push('removed');
    },
  };
}

function run(trial: FakeTrial, options: { timeoutMs?: number; replay?: () => Promise<(typeof row)[]> } = {}) {
  const builder = { start: async () => trial } as unknown as Builder;
  return smoke(builder, {} as ImageFacts, {
    replay: options.replay ?? (async () => []),
    memoryBytes: 1,
    timeoutMs: options.timeoutMs ?? 5_000,
    onLog: (text) => trial.events.push(`log: ${text}`),
  });
}

async function serve(answer: Parameters<typeof createServer>[1] & object): Promise<number> {
  const server = createServer(answer as Parameters<typeof createServer>[1]);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
