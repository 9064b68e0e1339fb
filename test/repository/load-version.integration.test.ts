import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/core/tensor.ts';
import { loadVersion, proveModel } from '../../src/repository/load-version.ts';
import type { LoadedVersion } from '../../src/repository/loaded-version.ts';
import { openModel } from '../../src/repository/open-model.ts';
import { Repository } from '../../src/repository/repository.ts';
import { infer } from '../../src/serve/infer.ts';
import { Watch } from '../../src/serve/watch.ts';
import { difference, listCases, loadCase } from '../fixtures.ts';
import * as proto from '../onnx/proto.ts';
import { folderWith, irisSample } from './folders.ts';

const valid = listCases()
  .map(loadCase)
  .filter((each) => each.expect === 'ok');

async function load(target: string): Promise<LoadedVersion> {
  return loadVersion(await openModel(target), { isProven: false });
}

async function ask(version: LoadedVersion, inputs: readonly Tensor[], outputs?: readonly string[]) {
  const repository = new Repository();
  repository.add(version);
  const ticket = { deadline: performance.now() + 60_000, limitMs: 60_000 };
  const request = { model: version.facts.name, inputs, ...(outputs && { outputs }) };
  return (await infer(request, ticket, repository, new Watch())).outputs;
}

it('times are told by versions whose manifest says so, and by no other', async () => {
  const opened = await openModel(loadCase('sklearn/iris_logreg').modelPath);
  for (const told of [undefined, false, true]) {
    const serving = { ...opened.manifest.serving, server_timing: told };
    const version = await loadVersion(
      { ...opened, manifest: { ...opened.manifest, serving } },
      { isProven: true },
    );
    expect(version.tellsTiming).toBe(told === true ? true : undefined);
    await version.session.close();
  }
});

describe('every valid fixture', () => {
  it.each(valid.map((each) => [each.name, each] as const))('%s loads and answers', async (_, golden) => {
    const version = await load(golden.modelPath);
    for (const call of [golden, ...(golden.secondCall ? [golden.secondCall] : [])]) {
      const outputs = await ask(version, call.inputs);
      for (const expected of call.outputs) {
        const got = outputs.find((output) => output.name === expected.name);
        expect(got && difference(got, expected, golden.tolerance), expected.name).toBeUndefined();
        expect(got).toBeDefined();
      }
    }
    await version.session.close();
  });

  it('ZipMap outputs are the matrix behind them', async () => {
    const plain = loadCase('sklearn/iris_logreg');
    const version = await load(join(plain.folder, 'model_zipmap.onnx'));
    expect(version.facts.signature.outputs.map(({ datatype, shape }) => [datatype, shape?.at(-1)])).toEqual([
      ['INT64', 'batch'],
      ['FP32', 3],
    ]);
    expect([...version.facts.labels]).toEqual([['output_probability', ['0', '1', '2']]]);
    const outputs = await ask(version, plain.inputs);
    const renamed = { ...outputs[1]!, name: 'probabilities' };
    const expected = plain.outputs.find((output) => output.datatype === 'FP32')!;
    expect(difference(renamed, expected, plain.tolerance)).toBeUndefined();
    await version.session.close();
  });
});

describe('inputs that the runtime would not survive or not notice', () => {
  it('an empty batch, on which an LSTM aborts the process', async () => {
    const version = await load(loadCase('torch/text_lstm').modelPath);
    const tokens: Tensor = { name: 'tokens', datatype: 'INT64', shape: [0, 5], data: new BigInt64Array(0) };
    await expect(ask(version, [tokens])).rejects.toMatchObject({ code: 'INPUT_SHAPE' });
    await version.session.close();
  });

  it('bytes that are no text', async () => {
    const version = await load(loadCase('traits/string_io').modelPath);
    const token: Tensor = { name: 'token', datatype: 'BYTES', shape: [1], data: [Uint8Array.of(0xff)] };
    await expect(ask(version, [token])).rejects.toMatchObject({ code: 'INPUT_VALUE', http: 400 });
    await version.session.close();
  });

  it('unnamed axes of two inputs are not taken for one', async () => {
    const golden = loadCase('real/silero_vad');
    const opened = await openModel(golden.modelPath);
    const inner = (at: number) => opened.manifest.inputs[at]!.shape![1];
    expect(inner(0)).toBe(inner(1));
    const version = await loadVersion(opened, { isProven: false });
    expect(golden.inputs[0]!.shape[1]).not.toBe(golden.inputs[1]!.shape[1]);
    await expect(ask(version, golden.inputs)).resolves.toHaveLength(golden.outputs.length);
    await version.session.close();
  });

  it('axes the file gives one name must agree', async () => {
    const golden = loadCase('traits/many_io');
    const version = await load(golden.modelPath);
    const [a, ...rest] = golden.inputs;
    const longer = { ...a!, shape: [9, 2], data: new Float32Array(18) };
    await expect(ask(version, [longer, ...rest])).rejects.toMatchObject({ code: 'INPUT_SHAPE', http: 400 });
    await version.session.close();
  });
});

describe('outputs', () => {
  it('are those asked for, in that order; all when none is named', async () => {
    const { modelPath, inputs } = loadCase('sklearn/iris_logreg');
    const version = await load(modelPath);
    const names = async (...wanted: string[]) => (await ask(version, inputs, wanted)).map(({ name }) => name);
    expect(await names('probabilities', 'label')).toEqual(['probabilities', 'label']);
    expect(await names('label')).toEqual(['label']);
    expect(await names()).toEqual(['label', 'probabilities']);
    await expect(names('__proto__')).rejects.toMatchObject({ code: 'OUTPUT_UNKNOWN', http: 400 });
    await version.session.close();
  });
});

describe('what the manifest asks for', () => {
  const manifest = (lines: string) => `name: iris\nmodel: {path: model.onnx}\n${lines}\n`;

  it('an accelerator that must be there is refused', async () => {
    const root = await folderWith({
      'model.yaml': manifest('runtime: {accelerator: require}'),
      'model.onnx': null,
    });
    await expect(load(root)).rejects.toMatchObject({
      code: 'ACCELERATOR_UNAVAILABLE',
      exit: 3,
      message: expect.stringContaining(`${process.platform}/${process.arch}`),
      details: { at: { file: join(root, 'model.yaml'), line: 3, column: 24, path: 'runtime.accelerator' } },
    });
  });

  it.each([
    ['to serve', load],
    ['to package', async (root: string) => proveModel(await openModel(root))],
  ])('a step that does not fit is told with its line: %s', async (_, open) => {
    const root = await folderWith({
      'model.yaml': manifest('postprocess:\n  - top_k: {kk: 3}'),
      'model.onnx': null,
    });
    await expect(open(root)).rejects.toMatchObject({
      code: expect.stringMatching(/^TRANSFORM_/),
      details: {
        at: {
          file: join(root, 'model.yaml'),
          line: 4,
          column: 12,
          path: expect.stringMatching(/^postprocess\[0\]/),
        },
      },
    });
  });

  it.each(['prefer', 'none'])('accelerator %s runs on the CPU', async (accelerator) => {
    const root = await folderWith({
      'model.yaml': manifest(`runtime: {accelerator: ${accelerator}}`),
      'model.onnx': null,
    });
    const version = await load(root);
    expect(version.engine).toMatch(/event loop|worker/);
    await version.session.close();
  });

  it('warm-up by the first sample, behind the steps before the model', async () => {
    const root = await folderWith({
      'model.yaml': manifest('preprocess: [{scale: 2}]\nsamples: [{inputs: in.json, outputs: out.json}]'),
      'model.onnx': null,
      'in.json': irisSample.inputs,
      'out.json': irisSample.outputs,
    });
    const version = await load(root);
    expect(version.prepare).not.toBeNull();
    expect(version.engine).toMatch(/^\d+\.\d+ ms a run/);
    await version.session.close();
  });

  it('a sample that does not fit the model refuses to start', async () => {
    const root = await folderWith({
      'model.yaml': manifest('samples: [{inputs: in.json, outputs: out.json}]'),
      'model.onnx': null,
      'in.json': '{"X": [[1, 2, 3]]}',
      'out.json': irisSample.outputs,
    });
    await expect(load(root)).rejects.toMatchObject({ code: 'SAMPLE_MISFIT' });
  });

  it('a sample that the model cannot run refuses to start', async () => {
    const golden = loadCase('real/silero_vad');
    const state = [0, 1].map(() => [new Array<number>(128).fill(0)]);
    const sample = { input: [[0.5]], state, sr: 16_000 };
    const root = await folderWith({
      'model.yaml': manifest('samples: [{inputs: in.json, outputs: out.json}]'),
      'in.json': JSON.stringify(sample),
      'out.json': JSON.stringify({ output: [[0]] }),
      'model.onnx': await readFile(golden.modelPath),
    });
    await expect(load(root)).rejects.toMatchObject({
      code: 'WARMUP_FAILED',
      message: expect.stringMatching(/^Model "iris" loaded, but its warm-up run failed: /),
    });
  });

  it('no warm-up at all', async () => {
    const root = await folderWith({
      'model.yaml': manifest('serving: {warmup: none}'),
      'model.onnx': null,
    });
    const version = await load(root);
    expect(version.engine).toBe('no input to measure with: worker thread');
    await version.session.close();
  });
});

describe('hostile files', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mdeploy-hostile-'));
  });

  afterAll(() => rm(folder, { recursive: true }));

  it.each([
    ['beyond any memory', 1_000_000, 1_000_000],
    ['4 GB', 1000, 1_000_000],
  ])('an input of %s is not made up to warm up with', async (_, rows, columns) => {
    const file = join(folder, 'huge.onnx');
    const dims = [rows, columns].map((length) => proto.int(1, length));
    const type = proto.tensorType(1, ...dims);
    const node = proto.bytes(proto.str(1, 'x'), proto.str(2, 'y'), proto.str(4, 'Identity'));
    await writeFile(
      file,
      proto.model(
        proto.bareGraph(
          proto.msg(1, node),
          proto.str(2, 'g'),
          proto.msg(11, proto.value('x', type)),
          proto.msg(12, proto.value('y', type)),
        ),
      ),
    );
    const before = process.memoryUsage.rss();
    const version = await load(file);
    expect(version.engine).toBe('no input to measure with: worker thread');
    expect(process.memoryUsage.rss() - before).toBeLessThan(300e6);
    await version.session.close();
  });

  it('one that the runtime refuses is refused without a path', async () => {
    const file = join(folder, 'odd.onnx');
    await writeFile(file, proto.model(proto.graph(proto.node('NoSuchOperator'))));
    await expect(load(file)).rejects.toMatchObject({
      code: 'MODEL_REFUSED',
      message: expect.not.stringContaining(folder),
    });
  });
});
