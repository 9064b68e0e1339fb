import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createOutput } from '../../src/cli/output.ts';
import { runProgram } from '../../src/cli/program.ts';
import type { Conversion } from '../../src/convert/convert.ts';
import { conversionText } from '../../src/convert/text.ts';
import { fixturePath } from '../fixtures.ts';
import { calls, pickle, stackGlobal } from './pickle-bytes.ts';

const folder = mkdtempSync(join(tmpdir(), 'mdeploy-convert-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function convert(...args: readonly string[]) {
  const written: { out: string[]; err: string[] } = { out: [], err: [] };
  const streams = {
    stdout: { write: (text: string) => void written.out.push(text) },
    stderr: { write: (text: string) => void written.err.push(text) },
  };
  const output = createOutput({ json: false, verbose: false, quiet: false, color: false }, streams);
  const exit = await runProgram(['convert', ...args], output, streams);
  return { exit, ...written };
}

describe('what is refused before any Python is started', () => {
  test('a pickle that runs code, whatever it is called', async () => {
    const marker = join(folder, 'marker');
    for (const name of ['model.pkl', 'model.pt', 'model.onnx']) {
      writeFileSync(join(folder, name), calls('os', 'system', `touch ${marker}`));
      await expect(convert(join(folder, name), '-o', join(folder, 'out'))).rejects.toMatchObject({
        code: 'CONVERT_UNSAFE',
        exit: 1,
        message: expect.stringContaining('it imports os.system'),
        remedy: expect.stringContaining('--trust'),
      });
    }
    expect(readdirSync(folder).sort()).toEqual(['model.onnx', 'model.pkl', 'model.pt']);
  });

  test('the same within a Hugging Face folder', async () => {
    const hub = mkdtempSync(join(folder, 'evil-'));
    const marker = join(hub, 'marker');
    writeFileSync(join(hub, 'config.json'), '{}');
    writeFileSync(join(hub, 'pytorch_model.bin'), calls('posix', 'system', `touch ${marker}`));
    await expect(convert(hub)).rejects.toMatchObject({ code: 'CONVERT_UNSAFE' });
    expect(readdirSync(hub).sort()).toEqual(['config.json', 'pytorch_model.bin']);
    rmSync(hub, { recursive: true });
  });

  test('many findings are counted', async () => {
    const globals = Array.from({ length: 12 }, (_, index) => stackGlobal('evil', `f${index}`));
    writeFileSync(join(folder, 'many.pkl'), pickle(...globals, 0x30, 0x30));
    await expect(convert(join(folder, 'many.pkl'))).rejects.toThrow('evil.f7 and 4 more');
  });

  test('a pickle that cannot be followed to its end', async () => {
    writeFileSync(
      join(folder, 'cut.pkl'),
      pickle(stackGlobal('sklearn.svm._classes', 'SVC'), 0x29, 0x81).subarray(0, -1),
    );
    await expect(convert(join(folder, 'cut.pkl'))).rejects.toMatchObject({ code: 'CONVERT_DAMAGED' });
  });

  test('a format without a converter', async () => {
    const hub = mkdtempSync(join(folder, 'hub-'));
    writeFileSync(join(hub, 'config.json'), '{}');
    writeFileSync(join(hub, 'tf_model.h5'), 'x');
    await expect(convert(hub)).rejects.toMatchObject({ code: 'CONVERT_UNSUPPORTED', exit: 2 });
  });

  test('an output that is there', async () => {
    const source = fixturePath('sklearn/iris_logreg/model.pkl');
    await expect(convert(source, '-o', folder)).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
  });

  test('no Python: one line on what to install', async () => {
    const source = fixturePath('sklearn/iris_logreg/model.pkl');
    const done = convert(source, '-o', join(folder, 'iris'), '--python', join(folder, 'nowhere'));
    await expect(done).rejects.toMatchObject({ code: 'PYTHON_MISSING', exit: 3 });
    expect(readdirSync(folder).filter((name) => name.includes('iris'))).toEqual([]);
  });
});

describe('flags', () => {
  test.each([
    [['--input', 'x'], 'image:FP32[batch,1,28,28]'],
    [['--entry', 'net.Net'], 'a file and a name: model.py:build'],
    [['--entry-args', '[1]'], 'a JSON object'],
    [['--entry-args', '{'], 'a JSON object'],
    [['--max-memory', '1MB'], 'a size from 64MiB on'],
    [['--timeout-s', 'x'], 'a number from 0 to 86400'],
    [['--rtol', '2'], 'a number from 0 to 1'],
    [['--name', '../x'], 'letters, digits'],
  ])('%s', async (flags, words) => {
    await expect(convert('model.pkl', ...flags)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(words),
    });
  });

  test('the source is needed', async () => {
    await expect(convert()).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('the report', () => {
  const agree = {
    sample: 'random',
    output: 'label',
    ok: true,
    tolerance: { rtol: 0, atol: 0 },
    max_abs: 0,
    max_rel: 0,
    cosine: 1,
    top1: 1,
    rows: 1,
    largest: 1,
  };
  const base = {
    source: 'm.pkl',
    what: 'a model',
    framework: 'sklearn',
    name: 'm',
    environment: { name: 'sklearn', pythonVersion: '3.12.1', bytes: 4e8, seconds: 20, isNew: false },
    record: {} as Conversion['record'],
    peakBytes: 2e8,
    seconds: 2.04,
  };

  test('of a conversion that holds says what to type next', () => {
    const text = conversionText({
      ...base,
      folder: 'm-onnx',
      parity: { ok: true, outputs: [agree], worst: agree },
    });
    expect(text).toContain(
      'The answers stay: 1 of 1 outputs agree. 2.0 s, peak 200.0 MB, environment sklearn (400.0 MB).',
    );
    expect(text).toContain('mdeploy validate m-onnx');
    expect(text).toMatch(/random {2}label {3}0 .*100%.*agrees/);
  });

  test('of one that does not says where', () => {
    const wrong = {
      ...agree,
      output: 'y',
      ok: false,
      max_abs: 0.5,
      cosine: null,
      top1: null,
      reason: 'at [0] the original gives 1',
    };
    const text = conversionText({ ...base, parity: { ok: false, outputs: [agree, wrong], worst: wrong } });
    expect(text).toContain('The answers change: 1 of 2 outputs differ.');
    expect(text).toContain('Worst is y of the sample "random": at [0] the original gives 1.');
    const first = { node: '/conv', op: 'Conv', actual_op: 'Conv', tensor: 't', max_abs: 1, reason: 'at [0]' };
    const parity = { ok: false, outputs: [wrong], worst: wrong };
    const named = conversionText({ ...base, parity, firstDifference: first });
    expect(named).toContain('They part at /conv (Conv): at [0].');
    expect(text).toMatch(/5\.0e-1 .*DIFFERS/);
    expect(text).toContain('Nothing was written.');
  });
});
