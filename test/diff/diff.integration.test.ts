import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { type DiffOptions, diff } from '../../src/diff/diff.ts';
import { diffText } from '../../src/diff/text.ts';
import { runVerb } from '../cli/run-verb.ts';
import { fixturePath } from '../fixtures.ts';
import { changeWeight, renameTensor } from '../proof/planted.ts';
import { digits, iris, modelFile, modelFolder, removeModels } from './models.ts';

afterAll(removeModels);

const compare = (a: string, b: string, more: Partial<DiffOptions> = {}) =>
  diff(a, b, { compareAnswers: true, tolerance: {}, progress: () => undefined, ...more });
const subjects = (report: Awaited<ReturnType<typeof compare>>) =>
  report.contract.map(({ subject, change, breaking }) => `${breaking ? '!' : ''}${subject} ${change}`);
const wrong = () => modelFile(changeWeight(readFileSync(digits), 'conv2.weight', (value) => value + 0.5));

describe('answers', () => {
  test('of a model and itself stay, and nothing changes', async () => {
    const report = await compare(digits, digits);
    expect(report).toMatchObject({ ok: true, breaking: 0, contract: [], graph: { identical: true } });
    expect(report.answers).toMatchObject({ ok: true, inputs: 'made up', compared: 4, skipped: [] });
    expect(report.answers?.outputs).toMatchObject([{ output: 'logits', max_abs: 0, top1: 1 }]);
  });

  test('of one exporter and another stay although the operators changed', async () => {
    const report = await compare(digits, fixturePath('torch/digits_cnn/model_dynamo.onnx'));
    expect(report).toMatchObject({ ok: true, contract: [], graph: { identical: false } });
    expect(report.graph.operators).toEqual([
      { operator: 'Flatten', before: 1, after: 0 },
      { operator: 'Reshape', before: 0, after: 1 },
    ]);
    expect(report.graph.after.opsets).toEqual({ 'ai.onnx': 20 });
  });

  test('a changed weight is found, with the node where they part', async () => {
    const report = await compare(digits, wrong());
    expect(report).toMatchObject({ ok: false, breaking: 0, contract: [] });
    const { first_difference: first } = report.answers!;
    expect(first).toMatchObject({ node: '/conv2/Conv', op: 'Conv', actual_op: 'Conv' });
    expect(first?.reason).toMatch(/^at \[.*\] A gives .*, B /);
  });

  test('a model that answers NaN is named as such', async () => {
    const nan = modelFile(changeWeight(readFileSync(digits), 'fc.bias', () => Number.NaN));
    const { answers } = await compare(digits, nan);
    expect(answers?.outputs[0]?.reason).toMatch(/^B gives NaN: at /);
    expect(answers?.outputs[0]?.max_abs).toBe(Number.POSITIVE_INFINITY);
  });

  test('a tolerance, or a share of equal rows, says what is near enough', async () => {
    const slightly = modelFile(changeWeight(readFileSync(digits), 'fc.bias', (value) => value + 0.01));
    expect((await compare(digits, slightly)).ok).toBe(false);
    expect((await compare(digits, slightly, { tolerance: { atol: 0.02 } })).ok).toBe(true);
    expect((await compare(digits, slightly, { minTop1: 0.9 })).ok).toBe(true);
    const other = modelFile(changeWeight(readFileSync(digits), 'fc.bias', (value) => value + 1000));
    const report = await compare(digits, other, { minTop1: 0.9 });
    expect(report.ok).toBe(false);
    expect(report.answers?.outputs[0]?.top1).toBeLessThan(0.9);
  });
});

describe('samples', () => {
  const image = (value: number) => ({
    image: { datatype: 'FP32', shape: [1, 1, 8, 8], data: new Array(64).fill(value) },
  });
  const answer = { logits: { datatype: 'FP32', shape: [1, 10], data: new Array(10).fill(0) } };
  const samples = (value: number) => ({ 'a.json': image(value), 'b.json': answer });
  const listed = 'samples: [{inputs: a.json, outputs: b.json}]';

  test('of both are given to both, each once', async () => {
    const a = modelFolder({ manifest: `name: m\n${listed}`, samples: samples(1) });
    const b = modelFolder({ manifest: `name: m\n${listed}`, samples: samples(2) });
    const report = await compare(a, b);
    expect(report.answers).toMatchObject({ ok: true, inputs: 'samples', compared: 2 });
    expect((await compare(a, a)).answers?.compared).toBe(1);
  });

  test('changed steps break nothing by themselves where samples tell what they do', async () => {
    const a = modelFolder({ manifest: `name: m\npreprocess: [{scale: 2}]\n${listed}`, samples: samples(1) });
    const b = modelFolder({ manifest: `name: m\npreprocess: [{scale: 4}]\n${listed}`, samples: samples(0) });
    const report = await compare(a, b);
    expect(subjects(report)).toEqual(['preprocess steps']);
    expect(report.answers).toMatchObject({ ok: false, inputs: 'samples', compared: 2 });
    const without = await compare(modelFolder({ manifest: 'name: m' }), b, { compareAnswers: false });
    expect(subjects(without)).toEqual(['!preprocess steps']);
  });

  test('follow an input to its new name', async () => {
    const renamed = renameTensor(renameTensor(readFileSync(digits), 'image', 'picture'), 'logits', 'scores');
    const a = modelFolder({ manifest: `name: m\n${listed}`, samples: samples(1) });
    const report = await compare(a, modelFolder({ manifest: 'name: m', model: renamed }));
    expect(subjects(report)).toEqual(['!input "image" renamed', '!output "logits" renamed']);
    expect(report.answers).toMatchObject({ ok: true, compared: 1 });
  });

  test('that the other model does not take are told, and made-up inputs tried', async () => {
    const a = modelFolder({ manifest: `name: m\n${listed}`, samples: samples(1) });
    const report = await compare(a, iris);
    expect(report).toMatchObject({ ok: false, answers: { ok: false, inputs: 'none', compared: 0 } });
    expect(report.answers?.skipped.map(({ reason }) => reason)).toEqual([
      'B does not take it: it lacks the input "X"',
      'B does not take it: it lacks the input "X"',
    ]);
  });
});

test('a variant for this machine is what is compared', async () => {
  const manifest = `name: m\nvariants: [{path: model.onnx, when: {arch: ${process.arch}}}]`;
  const report = await compare(modelFolder({ manifest: 'name: m' }), modelFolder({ manifest }));
  expect(report).toMatchObject({ ok: true, after: { variant: 'model.onnx' }, graph: { identical: true } });
  expect(report.before).not.toHaveProperty('variant');
  expect(diffText(report)).toMatch(/^B .*, here model\.onnx\)$/m);
});

describe('the contract of the manifest', () => {
  const folder = (manifest: string) => modelFolder({ manifest });
  test.each([
    ['name: a', 'name: b', ['!name changed']],
    ['name: a\nversion: 1', 'name: a\nversion: 2', ['version changed']],
    [
      'name: a\nserving: {protocols: [plain, tfs]}',
      'name: a\nserving: {protocols: [tfs, v2]}',
      ['!protocol plain removed', 'protocol v2 added'],
    ],
    [
      'name: a\nserving: {protocols: [tfs, kserve]}',
      'name: a\nserving: {protocols: [kserve, tfs]}',
      ['!protocols order'],
    ],
    [
      'name: a\nserving: {max_body_size: 2MiB}',
      'name: a\nserving: {max_body_size: 1MiB}',
      ['!serving.max_body_size smaller'],
    ],
    [
      'name: a\nserving: {max_body_size: 1MiB}',
      'name: a\nserving: {max_body_size: 2MiB}',
      ['serving.max_body_size larger'],
    ],
    ['name: a\npostprocess: [softmax]', 'name: a', ['!postprocess steps']],
    [
      'name: a',
      'name: a\npostprocess: [{top_k: 3}]',
      ['!output "logits" removed', '!output "index" added', '!output "score" added', '!postprocess steps'],
    ],
  ])('%j → %j', async (before, after, expected) => {
    const report = await compare(folder(before), folder(after), { compareAnswers: false });
    expect(subjects(report)).toEqual(expected);
    expect(report.answers).toBeNull();
    expect(report.ok).toBe(!expected.some((text) => text.startsWith('!')));
  });

  test('labels and columns', async () => {
    const labels = (last: string) =>
      `name: a\noutputs: [{name: logits, labels: [a, b, c, d, e, f, g, h, i, ${last}]}]`;
    const relabelled = await compare(folder(labels('j')), folder(labels('k')), { compareAnswers: false });
    expect(relabelled.contract).toMatchObject([
      { subject: 'labels of "logits"', breaking: true, before: '[9] "j"', after: '[9] "k"' },
    ]);
    const gone = await compare(folder(labels('j')), folder('name: a'), { compareAnswers: false });
    expect(subjects(gone)).toEqual(['!labels of "logits" removed']);
    const columns = (first: string) => ({
      manifest: `name: a\ninputs: [{name: X, columns: [${first}, b, c, d]}]`,
      model: readFileSync(iris),
    });
    const report = await compare(modelFolder(columns('a')), modelFolder(columns('z')), {
      compareAnswers: false,
    });
    expect(subjects(report)).toEqual(['!columns of "X" changed']);
  });
});

describe('mdeploy diff', () => {
  test('exits 0 with a verdict', async () => {
    const { exit, stdout } = await runVerb('diff', digits, digits);
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^Contract\n {2}the same$/m);
    expect(stdout).toContain('the same file, byte by byte');
    expect(stdout).toMatch(/logits {2}0 .*100%.*agrees/);
    expect(stdout).toContain('Nothing breaks, the answers stay.');
  });

  test('exits 1 and names what breaks and where the answers part', async () => {
    const { exit, stdout } = await runVerb('diff', digits, wrong());
    expect(exit).toBe(1);
    expect(stdout).toContain('They part at /conv2/Conv (Conv): at ');
    expect(stdout).toContain('B cannot take the place of A unnoticed: the answers differ.');
    const other = await runVerb('diff', digits, iris);
    expect(other.exit).toBe(1);
    expect(other.stdout).toMatch(/^ {2}BREAKING {2}input "image" removed: FP32\[batch,1,8,8\]/m);
    expect(other.stdout).toContain('no answer could be compared');
  });

  test('--json is one document', async () => {
    const { exit, stdout } = await runVerb('diff', digits, iris, '--no-answers', '--json');
    expect(exit).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ schema_version: 1, ok: false, answers: null });
  });

  test('wrong use, and models that cannot be read', async () => {
    await expect(runVerb('diff', digits)).rejects.toMatchObject({ code: 'USAGE', exit: 2 });
    await expect(runVerb('diff', digits, digits, '--min-top1', '2')).rejects.toMatchObject({ code: 'USAGE' });
    await expect(runVerb('diff', digits, '/nowhere')).rejects.toMatchObject({ code: 'MODEL_PATH_MISSING' });
  });
});
