import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import type { Tensor } from '../../src/core/tensor.ts';
import { validate } from '../../src/validate/validate.ts';
import { listCases, loadCase } from '../fixtures.ts';
import { constantBomb, endlessLoop, functionChain, oneNode } from '../runtime/hostile-models.ts';
import { check, codes, edit, statuses, Workplace } from './workplace.ts';

const work = new Workplace();
const valid = listCases().filter((name) => loadCase(name).expect === 'ok');
const iris = loadCase('sklearn/iris_logreg');

afterEach(() => vi.unstubAllEnvs());
afterAll(() => work.remove());

describe('a valid fixture', () => {
  it('there are many of them', () => {
    expect(valid.length).toBeGreaterThan(30);
  });

  it.each(valid)('%s passes as a bare file', async (name) => {
    const report = await validate(loadCase(name).modelPath);
    expect(codes(report)).toEqual([]);
    expect(report).toMatchObject({ ok: true, exit: 0, kind: 'file' });
    expect(check(report, 'loads').status).toBe('passed');
  });

  const whole = valid.filter((name) => loadCase(name).outputs.every((tensor) => tensor.argmax === undefined));
  it.each(whole)('%s passes with its golden call as a sample, warnings counted', async (name) => {
    const report = await validate(await work.model(loadCase(name)), { strict: true });
    expect(check(report, 'samples')).toMatchObject({ detail: '1 of 1 agree', findings: [] });
    expect(report).toMatchObject({ ok: true, errors: 0, warnings: 0, exit: 0, name: 'model', version: '1' });
  });
});

describe('a broken fixture', () => {
  it.each([
    ['traits/corrupted', 'graph', 'MODEL_CORRUPT'],
    ['traits/external_data_missing', 'graph', 'EXTERNAL_DATA_MISSING'],
    ['traits/git_lfs_pointer', 'graph', 'MODEL_LFS_POINTER'],
    ['traits/ir_too_new', 'versions', 'MODEL_IR_UNSUPPORTED'],
    ['traits/not_onnx_html', 'graph', 'MODEL_WEB_PAGE'],
    ['traits/opset_too_new', 'versions', 'MODEL_OPSET_UNSUPPORTED'],
    ['traits/truncated', 'graph', 'MODEL_TRUNCATED'],
    ['traits/zero_bytes', 'graph', 'MODEL_EMPTY'],
  ])('%s fails the check %s with %s, exit 1', async (name, failed, code) => {
    const report = await validate(loadCase(name).modelPath);
    expect(codes(report)).toEqual([code]);
    expect(report).toMatchObject({ ok: false, exit: 1, errors: 1 });
    expect(check(report, failed)).toMatchObject({ status: 'failed' });
    expect(check(report, failed).findings[0]!.remedy).not.toBe('');
    expect(check(report, 'loads')).toMatchObject({
      status: 'not-run',
      detail: `not run: needs ${failed}`,
    });
    expect(report.ms).toBeLessThan(5000);
  });

  it('all of them are covered', () => {
    expect(listCases().length - valid.length).toBe(8);
  });
});

describe('a hostile model', () => {
  const limits = 'runtime: {probe: {timeout_ms: 2000, max_memory: 400MB}}';

  async function hostile(bytes: Buffer) {
    const folder = work.folder();
    writeFileSync(join(folder, 'model.onnx'), bytes);
    writeFileSync(join(folder, 'model.yaml'), `name: hostile\nmodel: {path: model.onnx}\n${limits}\n`);
    return validate(folder);
  }

  it.each([
    ['functions 3,000 deep', functionChain(3000), 'MODEL_FUNCTION_DEPTH'],
    ['a constant of 512 MB', constantBomb(2 ** 27), 'MODEL_TOO_MUCH_MEMORY'],
    ['a loop without end', endlessLoop(), 'MODEL_TOO_SLOW'],
    ['an unknown operator', oneNode('Zork'), 'MODEL_REFUSED'],
  ])('%s has its own error and leaves us alive', async (_what, bytes, code) => {
    const report = await hostile(bytes);
    expect(codes(report)).toEqual([code]);
    expect(report).toMatchObject({ ok: false, exit: 1 });
    expect(report.ms).toBeLessThan(10_000);
  });

  it('of another operator domain is also warned about', async () => {
    const report = await hostile(oneNode('Foo', 'com.acme'));
    expect(check(report, 'versions').findings[0]!.message).toContain('"com.acme"');
    expect(codes(report)).toEqual(['MODEL_REFUSED']);
  });
});

describe('samples', () => {
  it('that disagree are named with place, expected and received', async () => {
    const wrong = iris.outputs.map((tensor) => ({ ...tensor, data: tensor.data.slice() })) as Tensor[];
    (wrong[1]!.data as Float32Array)[4] = 0.5;
    const folder = await work.model(iris, '', { outputs: wrong });
    const report = await validate(folder);
    const [finding] = check(report, 'samples').findings;
    expect(report).toMatchObject({ ok: false, exit: 1, errors: 1 });
    expect(finding).toMatchObject({ code: 'SAMPLE_DIFFERS', expected: '0.5', at: { path: 'probabilities' } });
    expect(finding!.received).toMatch(/^0\.9375/);
    expect(finding!.message).toContain('at [1,1] expected 0.5, received 0.9375');
    expect(finding!.at!.file).toBe(join(folder, 'samples/0.out.json'));
    expect(check(report, 'samples').detail).toBe('0 of 1 agree');
  });

  it('within a wider tolerance agree', async () => {
    const near = iris.outputs.map((tensor) =>
      tensor.datatype === 'FP32'
        ? { ...tensor, data: (tensor.data as Float32Array).map((value) => value + 0.001) }
        : tensor,
    );
    const tight = await validate(await work.model(iris, '', { outputs: near }));
    expect(codes(tight)).toEqual(['SAMPLE_DIFFERS']);
    const wide = await work.model(iris, '', { outputs: near, tolerance: { rtol: 0, atol: 0.01 } });
    expect(codes(await validate(wide))).toEqual([]);
  });

  it('that the model cannot run with are their own error', async () => {
    const fixture = loadCase('torch/text_lstm');
    const inputs = fixture.inputs.map((tensor) => {
      const data = tensor.data.slice() as BigInt64Array;
      return tensor.datatype === 'INT64' ? { ...tensor, data: data.fill(1_000_000n) } : tensor;
    });
    const report = await validate(await work.model(fixture, '', { inputs }));
    expect(codes(report)).toEqual(['SAMPLE_REFUSED']);
    expect(check(report, 'loads').status).toBe('passed');
    expect(check(report, 'samples').findings[0]!.message).toContain('out of data bounds');
    expect(report.exit).toBe(1);
  });

  it('that are no sample documents are found before any run is judged', async () => {
    const folder = await work.model(iris);
    edit(folder, 'samples/0.in.json', () => '{"X": [[1, 2, 3]]}');
    const shape = await validate(folder);
    expect(codes(shape)).toEqual(['SAMPLE_MISFIT']);
    expect(shape.exit).toBe(2);
    edit(folder, 'samples/0.in.json', () => '{"X": ');
    expect(codes(await validate(folder))).toEqual(['SAMPLE_MALFORMED']);
  });

  it('that are absent are a warning, which only --strict minds', async () => {
    const path = work.file('model.yaml', 'name: plain\nmodel: {path: model.onnx}\n');
    const folder = join(path, '..');
    writeFileSync(join(folder, 'model.onnx'), oneNode('Identity'));
    const relaxed = await validate(folder);
    expect(check(relaxed, 'samples').findings).toMatchObject([{ severity: 'warning' }]);
    expect(relaxed).toMatchObject({ ok: true, exit: 0, warnings: 1 });
    expect(await validate(folder, { strict: true })).toMatchObject({ ok: false, exit: 1, errors: 0 });
  });

  it('go through preprocess and postprocess', async () => {
    const scaled = iris.inputs.map((t) => ({
      ...t,
      data: (t.data as Float32Array).map((value) => value * 10),
    }));
    const folder = await work.model(iris, 'preprocess: [{scale: 0.1}]\n', { inputs: scaled });
    expect(codes(await validate(folder))).toEqual([]);
  });
});

describe('a package', () => {
  it('whose files are what the lock promises passes', async () => {
    const report = await validate(await work.package(iris));
    expect(report).toMatchObject({ ok: true, kind: 'package', errors: 0 });
    expect(check(report, 'lock')).toMatchObject({ status: 'passed', detail: '5 files' });
  });

  it('with a changed, missing or added file fails first of all', async () => {
    const changed = await work.package(iris);
    truncateSync(join(changed, 'model/model.onnx'), 100);
    const report = await validate(changed);
    expect(codes(report)).toEqual(['PACKAGE_FILE_CHANGED', 'MODEL_TRUNCATED']);
    expect(report.exit).toBe(1);
    expect(statuses(report)).toMatchObject({ manifest: 'passed', loads: 'not run: needs lock, graph' });
    const added = await work.package(iris);
    writeFileSync(join(added, 'model/extra.txt'), '');
    expect(codes(await validate(added))).toEqual(['PACKAGE_FILE_EXTRA']);
  });
});

describe('the machine', () => {
  it('without the locale of a text model is told so before the load', async () => {
    vi.stubEnv('LOCPATH', work.folder());
    const report = await validate(loadCase('sklearn/text_sentiment_en').modelPath);
    expect(codes(report)).toEqual(['LOCALE_MISSING']);
    expect(check(report, 'locale').findings[0]!.message).toContain('en_US.UTF-8');
    expect(check(report, 'loads').detail).toBe('not run: needs locale');
    expect(report.exit).toBe(3);
  });
});

describe('what stops the whole validation', () => {
  it('is a target that is not there', async () => {
    await expect(validate(join(work.root, 'none'))).rejects.toMatchObject({
      code: 'MODEL_PATH_MISSING',
      exit: 2,
    });
  });

  it('is an interruption', async () => {
    const path = work.file('model.onnx', endlessLoop());
    const validation = validate(path, { signal: AbortSignal.timeout(300) });
    await expect(validation).rejects.toMatchObject({ code: 'INTERRUPTED', exit: 130 });
  });
});
