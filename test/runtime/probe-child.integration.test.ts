import { spawn } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { runCleanups } from '../../src/core/interrupt.ts';
import { endlessLoop } from './hostile-models.ts';
import { childrenOf, commandOf, faultOf, ProbeBench, roomy, source } from './probing.ts';

const bench = new ProbeBench();

afterEach(() => {
  vi.unstubAllEnvs();
  expect(childrenOf(process.pid), 'a child was left behind').toEqual([]);
});

afterAll(() => bench.remove());

describe('the child', () => {
  const say = (message: object) => `process.send(${JSON.stringify(message)});`;
  const wait = 'process.on("message", () => undefined);';
  const loading = say({ kind: 'stage', stage: 'loading' });

  it('lives in an empty folder with a clean environment, first in line for the OOM killer', async () => {
    vi.stubEnv('SECRET_TOKEN', 'x');
    const code = `import { readdirSync, readFileSync } from 'node:fs';
      process.once('message', () => {
        const facts = { cwd: process.cwd(), files: readdirSync('.'), env: process.env, oom: readFileSync('/proc/self/oom_score_adj', 'utf8') };
        process.send({ kind: 'refused', reason: JSON.stringify(facts) });
      });`;
    const error = await faultOf(bench.child(code));
    const facts = JSON.parse((error.details.cause as Error).message);
    expect(facts.files).toEqual([]);
    expect(facts.oom.trim()).toBe('1000');
    expect(Object.keys(facts.env)).toEqual(expect.arrayContaining(['ORT_DISABLE_TELEMETRY', 'MDEPLOY_ROLE']));
    expect(Object.keys(facts.env)).not.toEqual(expect.arrayContaining(['SECRET_TOKEN']));
    expect(Object.keys(facts.env)).not.toEqual(expect.arrayContaining(['PATH']));
    expect(existsSync(facts.cwd)).toBe(false);
  });

  it('that cannot load the runtime says so', async () => {
    const error = await faultOf(
      bench.child(`${say({ kind: 'runtime-missing', reason: 'no such library' })}${wait}`),
    );
    expect(error).toMatchObject({ code: 'RUNTIME_MISSING', exit: 3 });
    expect(error.message).toContain('no such library');
  });

  it.each([
    ['console.error("first"); console.error("broken pipe dream"); process.exit(3)', 'broken pipe dream'],
    ['process.exit(4)', 'it ended with exit code 4'],
    ['process.kill(process.pid, "SIGABRT"); setInterval(() => 0, 1e6)', 'it ended with SIGABRT'],
  ])('%s fails the probe, not the model', async (code, reason) => {
    const error = await faultOf(bench.child(code));
    expect(error).toMatchObject({ code: 'PROBE_FAILED', exit: 3 });
    expect(error.message).toContain(reason);
  });

  it('that never starts, or has too little memory to, fails the probe', async () => {
    const late = await faultOf(bench.child(wait, { timeoutMs: 400 }));
    expect(late.message).toContain('it did not start in 400 ms');
    const small = await faultOf(bench.child(wait, { maxMemoryBytes: 1e6 }));
    expect(small.message).toContain('1.0 MB of memory is too little for the runtime itself');
  });

  it('that cannot be started at all fails the probe', async () => {
    const execPath = process.execPath;
    process.execPath = join(bench.folder, 'no-node');
    const error = await faultOf(bench.child(wait)).finally(() => {
      process.execPath = execPath;
    });
    expect(error.message).toContain('ended without an answer: it does not exist');
    expect(error.code).toBe('PROBE_FAILED');
  });

  it('may live a dozen at a time without a warning', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error) => warnings.push(warning);
    process.on('warning', listen);
    const probes = Array.from({ length: 12 }, () => faultOf(bench.child(wait, { timeoutMs: 1000 })));
    expect(new Set((await Promise.all(probes)).map(({ code }) => code))).toEqual(new Set(['PROBE_FAILED']));
    process.off('warning', listen);
    expect(warnings).toEqual([]);
    expect(process.listeners('exit').map(({ name }) => name)).not.toContain('abandonAll');
  });

  it('killed by the kernel is told as out of memory', async () => {
    const error = await faultOf(bench.child(`${loading}process.kill(process.pid, 'SIGKILL')`));
    expect(error).toMatchObject({ code: 'MODEL_TOO_MUCH_MEMORY' });
    expect(error.message).toContain('more memory than this machine or container has while loading');
  });

  it('that ends by itself while it has the model is a crash', async () => {
    const error = await faultOf(bench.child(`${loading}setTimeout(() => process.exit(7), 20)`));
    expect(error.message).toBe('Model "m" crashes the runtime while loading (exit code 7).');
  });

  it('that floods its output is read no further than needed', async () => {
    const flood = `${loading}process.stderr.write('x'.repeat(5e6) + 'end', () => process.kill(process.pid, 'SIGBUS'));`;
    const error = await faultOf(bench.child(`${flood}setInterval(() => 0, 1e6)`));
    expect(error.message).toContain('SIGBUS');
    expect((error.details.cause as Error).message).toMatch(/^x{4093}end$/);
  });

  it('that gets the Ctrl-C of the terminal is an interruption', async () => {
    const error = await faultOf(
      bench.child(`${loading}process.kill(process.pid, 'SIGINT'); setInterval(() => 0, 1e6)`),
    );
    expect(error).toMatchObject({ code: 'INTERRUPTED', exit: 130 });
  });
});

describe('ending early', () => {
  it('kills the child when the caller aborts', async () => {
    const abort = new AbortController();
    const fault = faultOf(bench.bytes(endlessLoop(), { signal: abort.signal }));
    await sleep(300);
    expect(childrenOf(process.pid)).toHaveLength(1);
    abort.abort();
    expect((await fault).code).toBe('INTERRUPTED');
  });

  it('starts nothing when the caller has aborted before', async () => {
    const error = await faultOf(bench.bytes(endlessLoop(), { signal: AbortSignal.abort() }));
    expect(error.code).toBe('INTERRUPTED');
  });

  it('kills the child when the verb is interrupted', async () => {
    const fault = faultOf(bench.bytes(endlessLoop()));
    await sleep(300);
    expect(await runCleanups()).toEqual([]);
    expect(childrenOf(process.pid)).toEqual([]);
    expect((await fault).code).toBe('INTERRUPTED');
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGKILL', 'exit'] as const)(
    'leaves no child when the parent ends by %s',
    async (how) => {
      writeFileSync(join(bench.folder, 'endless.onnx'), endlessLoop());
      const probe = new URL('../../src/runtime/probe.ts', import.meta.url);
      const script = join(bench.folder, 'parent.mjs');
      writeFileSync(
        script,
        `import { probeModel } from ${JSON.stringify(probe)};
       process.on('SIGUSR2', () => process.exit(0));
       await probeModel(${JSON.stringify(source(join(bench.folder, 'endless.onnx')))}, ${JSON.stringify(roomy)});`,
      );
      const parent = spawn(process.execPath, ['--no-warnings', script], {
        stdio: 'ignore',
        env: { ...process.env, TMPDIR: bench.folder },
      });
      const ended = new Promise((resolve) => parent.once('exit', resolve));
      let children: number[] = [];
      for (let i = 0; i < 1500 && children.length === 0; i++) {
        await sleep(20);
        children = childrenOf(parent.pid!);
      }
      expect(children).toHaveLength(1);
      await sleep(500);
      parent.kill(how === 'exit' ? 'SIGUSR2' : how);
      await ended;
      for (let i = 0; i < 1500 && commandOf(children[0]!) !== ''; i++) await sleep(20);
      expect(commandOf(children[0]!)).toBe('');
      expect(readdirSync(bench.folder).filter((name) => name.startsWith('mdeploy-probe'))).toEqual([]);
    },
  );
});
