import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { compareTensors } from '../../src/core/compare.ts';
import type { MdeployError } from '../../src/core/errors/error.ts';
import { runCleanups } from '../../src/core/interrupt.ts';
import type { Tensor } from '../../src/core/tensor.ts';
import { type ProbeOptions, probeModel } from '../../src/runtime/probe.ts';
import { loadCase } from '../fixtures.ts';
import { appetiteAtRun, constantBomb, endlessLoop, functionChain, oneNode } from './hostile-models.ts';

const roomy = { timeoutMs: 20_000, maxMemoryBytes: 2e9 };
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mdeploy-test-probe-'));
});

afterEach(() => {
  vi.unstubAllEnvs();
  expect(childrenOf(process.pid), 'a child was left behind').toEqual([]);
});

afterAll(() => rmSync(folder, { recursive: true }));

function source(path: string) {
  return { name: 'm', path, intraOpThreads: 1 } as const;
}

function probeBytes(bytes: Buffer, options: Partial<ProbeOptions> = {}) {
  const path = join(folder, 'hostile.onnx');
  writeFileSync(path, bytes);
  return probeModel(source(path), { ...roomy, ...options });
}

async function faultOf(probing: Promise<unknown>): Promise<MdeployError> {
  return probing.then(
    () => expect.fail('the probe passed'),
    (error: MdeployError) => error,
  );
}

/** Runs a child of our own making in place of the real one. */
function probeWith(code: string, options: Partial<ProbeOptions> = {}) {
  const entry = join(folder, `${Math.random()}.mjs`);
  writeFileSync(entry, code);
  return probeModel(source('none.onnx'), { ...roomy, ...options, entry: pathToFileURL(entry) });
}

function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent && commandOf(pid).includes('probe'));
}

function parentOf(pid: number): number | undefined {
  const status = existsSync(`/proc/${pid}`) ? readQuietly(`/proc/${pid}/status`) : '';
  return Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]);
}

function commandOf(pid: number): string {
  return readQuietly(`/proc/${pid}/cmdline`);
}

// A process may end between being listed and being read.
function readQuietly(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

describe('a good model', () => {
  it.each([
    'sklearn/iris_logreg',
    'sklearn/credit_columns',
    'traits/string_io',
    'traits/identity_float16',
    'traits/identity_int64',
    'traits/many_io',
    'traits/external_data',
    'real/silero_vad',
  ])('%s gives its golden answers', async (name) => {
    const fixture = loadCase(name);
    const report = await probeModel(source(fixture.modelPath), { ...roomy, inputs: [fixture.inputs] });
    const [run] = report.runs;
    if (!run?.ok) expect.fail(run?.reason);
    for (const expected of fixture.outputs) {
      const actual = run.outputs.find((tensor) => tensor.name === expected.name);
      expect(compareTensors(actual!, expected, fixture.tolerance).reason).toBeUndefined();
    }
    expect(report.signature.inputs.map((spec) => spec.name).sort()).toEqual(
      fixture.inputs.map((tensor) => tensor.name).sort(),
    );
  });

  it('tells times, peak memory and the signature', async () => {
    const report = await probeModel(source(loadCase('sklearn/iris_logreg').modelPath), roomy);
    expect(report.signature.inputs).toEqual([{ name: 'X', datatype: 'FP32', shape: ['', 4] }]);
    expect(report.loadMs).toBeGreaterThan(0);
    expect(report.runs).toEqual([{ ok: true, ms: expect.any(Number), outputs: [] }]);
    expect(report.peakRssBytes).toBeGreaterThan(50e6);
    expect(report.peakRssBytes).toBeLessThan(400e6);
  });

  it('can come as bytes', async () => {
    const bytes = readFileSync(loadCase('sklearn/iris_logreg').modelPath);
    const report = await probeModel({ ...source('/nowhere/model.onnx'), bytes }, roomy);
    expect(report.signature.outputs).toHaveLength(2);
  });

  it('is tried with longer symbolic axes when length 1 is too short', async () => {
    const report = await probeModel(source(loadCase('real/ocr_det').modelPath), roomy);
    expect(report.runs[0]).toMatchObject({ ok: true });
  });

  it('tells of each feed that the runtime refuses, without paths, and runs the others', async () => {
    const wrong: Tensor = { name: 'X', datatype: 'FP32', shape: [1, 3], data: new Float32Array(3) };
    const fixture = loadCase('sklearn/iris_logreg');
    const { runs } = await probeModel(source(fixture.modelPath), {
      ...roomy,
      inputs: [[wrong], fixture.inputs],
    });
    expect(runs).toMatchObject([{ ok: false }, { ok: true }]);
    const reason = runs[0]!.ok ? '' : runs[0]!.reason;
    expect(reason).toContain('Got: 3 Expected: 4');
    expect(reason).not.toContain(folder);
  });
});

describe('a model that is refused', () => {
  it.each([
    ['traits/corrupted', 'ModelProto does not have a graph', 'damaged'],
    [
      'traits/external_data_missing',
      'External data path does not exist: "model.onnx.data"',
      'beside the model',
    ],
    ['traits/git_lfs_pointer', 'Protobuf parsing failed', 'damaged'],
    ['traits/ir_too_new', 'Unsupported model IR version: 99', 'older onnx package'],
    ['traits/not_onnx_html', 'Protobuf parsing failed', 'damaged'],
    ['traits/opset_too_new', 'Opset 99 is under development', 'opset from 7 to 26'],
    ['traits/truncated', 'Protobuf parsing failed', 'damaged'],
    ['traits/zero_bytes', 'ModelProto does not have a graph', 'damaged'],
  ])('%s: %s', async (name, words, remedy) => {
    const error = await faultOf(probeModel(source(loadCase(name).modelPath), roomy));
    expect(error.code).toBe('MODEL_REFUSED');
    expect(error.message).toContain(words);
    expect(error.message).not.toContain('/work/');
    expect(error.remedy).toContain(remedy);
  });

  it('names an operator that the runtime does not have', async () => {
    const error = await faultOf(probeBytes(oneNode('Zork')));
    expect(error).toMatchObject({ code: 'MODEL_REFUSED', exit: 1 });
    expect(error.message).toContain('No Op registered for Zork');
    const custom = await faultOf(probeBytes(oneNode('Foo', 'com.acme')));
    expect(custom.remedy).toContain('standard operators');
  });

  it('says which locale is missing', async () => {
    const empty = join(folder, 'no-locales');
    mkdirSync(empty);
    vi.stubEnv('LOCPATH', empty);
    const error = await faultOf(probeModel(source(loadCase('sklearn/text_sentiment_en').modelPath), roomy));
    expect(error.code).toBe('MODEL_REFUSED');
    expect(error.remedy).toContain('en_US.UTF-8');
  });
});

describe('a hostile model', () => {
  it('that crashes the runtime is told by its signal', async () => {
    const error = await faultOf(probeBytes(functionChain(3000)));
    expect(error).toMatchObject({ code: 'MODEL_CRASHES', exit: 1 });
    expect(error.message).toBe('Model "m" crashes the runtime while loading (SIGSEGV).');
  });

  it('that eats memory while loading is stopped at the cap', async () => {
    const error = await faultOf(probeBytes(constantBomb(2 ** 27), { maxMemoryBytes: 400e6 }));
    expect(error).toMatchObject({ code: 'MODEL_TOO_MUCH_MEMORY', exit: 1 });
    expect(error.message).toMatch(
      /more memory than 400\.0 MB while loading; it was stopped at [45]\d\d\.\d MB/,
    );
  });

  it('that eats memory while running is stopped at the cap', async () => {
    const n: Tensor = { name: 'n', datatype: 'INT64', shape: [1], data: BigInt64Array.of(1n) };
    const error = await faultOf(probeBytes(appetiteAtRun(2 ** 28), { maxMemoryBytes: 400e6, inputs: [[n]] }));
    expect(error.code).toBe('MODEL_TOO_MUCH_MEMORY');
    expect(error.message).toContain('while running');
  });

  it('that never ends is stopped at the deadline', async () => {
    const start = performance.now();
    const error = await faultOf(probeBytes(endlessLoop(), { timeoutMs: 1500 }));
    expect(error).toMatchObject({ code: 'MODEL_TOO_SLOW', exit: 1 });
    expect(error.message).toBe('Model "m" was still running after 1500 ms and was stopped.');
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it('that asks for more than any machine has is refused in words', async () => {
    const { runs } = await probeBytes(constantBomb(2 ** 36));
    expect(runs[0]).toMatchObject({
      ok: false,
      reason: expect.stringContaining('Failed to allocate memory'),
    });
  });

  it('does not keep the parent from working', async () => {
    let ticks = 0;
    const timer = setInterval(() => (ticks += 1), 10);
    await faultOf(probeBytes(endlessLoop(), { timeoutMs: 1000 }));
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(30);
  });
});

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
    const error = await faultOf(probeWith(code));
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
      probeWith(`${say({ kind: 'runtime-missing', reason: 'no such library' })}${wait}`),
    );
    expect(error).toMatchObject({ code: 'RUNTIME_MISSING', exit: 3 });
    expect(error.message).toContain('no such library');
  });

  it.each([
    ['console.error("first"); console.error("broken pipe dream"); process.exit(3)', 'broken pipe dream'],
    ['process.exit(4)', 'it ended with exit code 4'],
    ['process.kill(process.pid, "SIGABRT"); setInterval(() => 0, 1e6)', 'it ended with SIGABRT'],
  ])('%s fails the probe, not the model', async (code, reason) => {
    const error = await faultOf(probeWith(code));
    expect(error).toMatchObject({ code: 'PROBE_FAILED', exit: 3 });
    expect(error.message).toContain(reason);
  });

  it('that never starts, or has too little memory to, fails the probe', async () => {
    const late = await faultOf(probeWith(wait, { timeoutMs: 400 }));
    expect(late.message).toContain('it did not start in 400 ms');
    const small = await faultOf(probeWith(wait, { maxMemoryBytes: 1e6 }));
    expect(small.message).toContain('1.0 MB of memory is too little for the runtime itself');
  });

  it('killed by the kernel is told as out of memory', async () => {
    const error = await faultOf(probeWith(`${loading}process.kill(process.pid, 'SIGKILL')`));
    expect(error).toMatchObject({ code: 'MODEL_TOO_MUCH_MEMORY' });
    expect(error.message).toContain('more memory than this machine or container has while loading');
  });

  it('that ends by itself while it has the model is a crash', async () => {
    const error = await faultOf(probeWith(`${loading}setTimeout(() => process.exit(7), 20)`));
    expect(error.message).toBe('Model "m" crashes the runtime while loading (exit code 7).');
  });

  it('that floods its output is read no further than needed', async () => {
    const flood = `${loading}process.stderr.write('x'.repeat(5e6) + 'end', () => process.kill(process.pid, 'SIGBUS'));`;
    const error = await faultOf(probeWith(`${flood}setInterval(() => 0, 1e6)`));
    expect(error.message).toContain('SIGBUS');
    expect((error.details.cause as Error).message).toMatch(/^x{4093}end$/);
  });

  it('that gets the Ctrl-C of the terminal is an interruption', async () => {
    const error = await faultOf(
      probeWith(`${loading}process.kill(process.pid, 'SIGINT'); setInterval(() => 0, 1e6)`),
    );
    expect(error).toMatchObject({ code: 'INTERRUPTED', exit: 130 });
  });
});

describe('ending early', () => {
  it('kills the child when the caller aborts', async () => {
    const abort = new AbortController();
    const fault = faultOf(probeBytes(endlessLoop(), { signal: abort.signal }));
    await sleep(300);
    expect(childrenOf(process.pid)).toHaveLength(1);
    abort.abort();
    expect((await fault).code).toBe('INTERRUPTED');
  });

  it('starts nothing when the caller has aborted before', async () => {
    const error = await faultOf(probeBytes(endlessLoop(), { signal: AbortSignal.abort() }));
    expect(error.code).toBe('INTERRUPTED');
  });

  it('kills the child when the verb is interrupted', async () => {
    const fault = faultOf(probeBytes(endlessLoop()));
    await sleep(300);
    expect(await runCleanups()).toEqual([]);
    expect(childrenOf(process.pid)).toEqual([]);
    expect((await fault).code).toBe('INTERRUPTED');
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGKILL', 'exit'] as const)(
    'leaves no child when the parent ends by %s',
    async (how) => {
      writeFileSync(join(folder, 'endless.onnx'), endlessLoop());
      const probe = new URL('../../src/runtime/probe.ts', import.meta.url);
      const script = join(folder, 'parent.mjs');
      writeFileSync(
        script,
        `import { probeModel } from ${JSON.stringify(probe)};
       process.on('SIGUSR2', () => process.exit(0));
       await probeModel(${JSON.stringify(source(join(folder, 'endless.onnx')))}, ${JSON.stringify(roomy)});`,
      );
      const parent = spawn(process.execPath, ['--no-warnings', script], {
        stdio: 'ignore',
        env: { ...process.env, TMPDIR: folder },
      });
      const ended = new Promise((resolve) => parent.once('exit', resolve));
      let children: number[] = [];
      for (let i = 0; i < 200 && children.length === 0; i++) {
        await sleep(20);
        children = childrenOf(parent.pid!);
      }
      expect(children).toHaveLength(1);
      await sleep(500);
      parent.kill(how === 'exit' ? 'SIGUSR2' : how);
      await ended;
      for (let i = 0; i < 100 && commandOf(children[0]!) !== ''; i++) await sleep(20);
      expect(commandOf(children[0]!)).toBe('');
      expect(readdirSync(folder).filter((name) => name.startsWith('mdeploy-probe'))).toEqual([]);
    },
  );
});
