import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tuneCommand } from '../../../src/cli/bench-tune.ts';
import { fixturePath } from '../../fixtures.ts';
import { iris, runBench } from '../run-bench.ts';

/** `bench --tune` on one core, so that there is little to try, with windows as short as can be. */
async function tuned(model: string, flags: object) {
  const said = { documents: [] as Record<string, unknown>[], texts: [] as string[], notes: [] as string[] };
  const output = {
    warn: (text: string) => said.notes.push(text),
    note: (text: string) => said.notes.push(text),
    step: <T>(_: string, work: (update: (text: string) => void) => Promise<T>) => work(() => undefined),
    result: (document: object, text: string) => {
      said.documents.push(document as Record<string, unknown>);
      said.texts.push(text);
    },
  };
  const short = { protocol: 'plain', duration: '60ms', warmup: '0s', timeout: '60s', connections: '1,2' };
  const exitCode = await tuneCommand(model, { ...short, ...flags }, output, 1);
  return {
    ...said,
    exitCode,
    report: said.documents[0] as { tried: { rounds: number; out: string | null }[] },
  };
}

async function copyOf(folder: string): Promise<string> {
  const copy = await mkdtemp(join(tmpdir(), 'mdeploy-tuned-'));
  onTestFinished(() => rm(copy, { recursive: true, force: true }));
  await cp(folder, copy, { recursive: true });
  return copy;
}

describe('a sweep', () => {
  test('tries batches, tells the frontier, and writes the best into the manifest', async () => {
    const folder = await copyOf(iris);
    const before = await readFile(join(folder, 'model.yaml'), 'utf8');
    const html = join(folder, 'tune.html');
    const { report, exitCode, texts, notes } = await tuned(folder, { tune: true, write: true, html });
    expect(exitCode).toBe(0);
    expect(report).toMatchObject({
      kind: 'tune',
      p99_limit_ms: null,
      present: { requests_per_second: expect.any(Number) },
    });
    expect(report.tried.map(({ rounds, out }) => [rounds, out])).toEqual(new Array(4).fill([3, null]));
    expect(texts[0]).toMatch(/^1 process, threads auto, .* best/m);
    expect(await readFile(html, 'utf8')).toContain('Everything that was tried');
    const after = await readFile(join(folder, 'model.yaml'), 'utf8');
    const { written } = report as unknown as { written: boolean };
    expect(notes).toEqual([
      'Trying 4 settings: about 1 minute.',
      written ? 'Wrote the best settings into model.yaml.' : 'model.yaml has the best settings already.',
    ]);
    expect(after.startsWith(before)).toBe(true);
    expect(after !== before).toBe(written);
    if (written)
      expect(after).toMatch(
        /# bench --tune: \d+ requests\/s at [12] connections, p99 [\d.]+ ms \(20\d\d-\d\d-\d\d, /,
      );
  }, 300_000);

  test('leaves out batches of a model that takes none, and says why; a limit nobody holds is exit 1', async () => {
    const model = fixturePath('traits/many_io/model.onnx');
    const { report, exitCode, texts } = await tuned(model, { tune: true, p99: '0.001ms', connections: '1' });
    expect(exitCode).toBe(1);
    expect(report).toMatchObject({ winner: null, present: { connections: 1 } });
    expect(report.tried.map(({ rounds }) => rounds)).toEqual([3, 0, 0, 0]);
    expect(texts[0]).toContain('BATCHING_UNFIT');
    expect(texts[0]).toContain('No settings keep p99 below 0.001 ms.');
  }, 300_000);
});

test.each([
  ['a running server', [iris, '--tune', '--url', 'http://127.0.0.1:9'], '--tune starts MODEL itself'],
  ['gates', [iris, '--tune', '--gate', 'p99<5ms'], '--tune starts MODEL itself'],
  ['no model', ['--tune'], 'give a MODEL'],
  ['a limit without a sweep', [iris, '--p99', '5ms'], '--p99 and --write go with --tune'],
  ['a limit that is no time', [iris, '--tune', '--p99', 'fast'], '--p99 takes a time'],
  [
    'nothing to write into',
    [fixturePath('sklearn/iris_logreg/model.onnx'), '--tune', '--write'],
    '`mdeploy init` makes one',
  ],
])('%s: a wrong usage', async (_, args, message) => {
  const { stdout, exitCode } = await runBench([...args, '--json']);
  expect({ exitCode, error: JSON.parse(stdout).error }).toMatchObject({
    exitCode: 2,
    error: { code: 'USAGE', message: expect.stringContaining(message) },
  });
});
