import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { validate } from '../../src/validate/validate.ts';
import { loadCase } from '../fixtures.ts';
import * as proto from '../onnx/proto.ts';
import { changeModel, convertedFolder, sampleIn } from '../repository/converted-folder.ts';
import { oneNode } from '../runtime/hostile-models.ts';
import { check, codes, statuses, Workplace } from './workplace.ts';

const work = new Workplace();
const iris = loadCase('sklearn/iris_logreg');

afterAll(() => work.remove());

describe('the manifest', () => {
  it('has every problem listed, with line and column, exit 2', async () => {
    const folder = await work.model(iris, 'serving: {protocls: [plain], timeout_ms: -1}\nruntim: {}\n');
    const report = await validate(folder);
    const { findings } = check(report, 'manifest');
    expect(findings).toHaveLength(3);
    expect(new Set(codes(report))).toEqual(new Set(['MANIFEST_KEY_UNKNOWN', 'MANIFEST_INVALID']));
    for (const finding of findings) {
      expect(finding.at).toMatchObject({ file: join(folder, 'model.yaml'), line: expect.any(Number) });
      expect(finding.remedy).not.toContain('more problem');
    }
    expect(report.exit).toBe(2);
    expect(statuses(report)).toEqual({
      lock: 'not a package',
      manifest: 'failed',
      files: 'passed',
      graph: 'passed',
      conversion: 'not converted by mdeploy, or not told',
      versions: 'passed',
      signature: 'not run: needs manifest',
      accelerator: 'not run: needs manifest',
      locale: 'no text operators',
      loads: 'passed',
      samples: 'not run: needs manifest',
      variants: 'not run: needs manifest',
      size: 'not run: needs manifest',
    });
  });

  it.each([
    ['that is no YAML', '{', 'MANIFEST_SYNTAX'],
    ['with a mistake where the model is named', 'model: {path: ../model.onnx}', 'MANIFEST_INVALID'],
    ['that names no model', 'version: 1', 'MANIFEST_MISSING'],
    ['that is a folder', null, 'FILE_UNREADABLE'],
  ])('%s leaves nothing to check', async (_, text, code) => {
    const folder = work.folder();
    if (text === null) mkdirSync(join(folder, 'model.yaml'));
    else writeFileSync(join(folder, 'model.yaml'), text);
    const report = await validate(folder);
    expect(codes(report)).toContain(code);
    expect(report.exit).toBe(2);
    expect(Object.values(statuses(report)).slice(2)).toEqual(Array(11).fill('not run: needs manifest'));
  });

  it('with mistakes does not hide those of the model', async () => {
    const folder = work.folder();
    writeFileSync(join(folder, 'model.yaml'), 'name: a b\nmodel: {path: model.onnx}\n');
    writeFileSync(join(folder, 'model.onnx'), oneNode('Zork'));
    const report = await validate(folder);
    expect(codes(report)).toEqual(['MANIFEST_INVALID', 'MODEL_REFUSED']);
    expect(report).toMatchObject({ exit: 2, errors: 2 });
    expect(report).not.toHaveProperty('name');
  });

  it('that disagrees with the graph fails the signature', async () => {
    const folder = await work.model(iris, 'inputs: [{name: X, datatype: INT64, shape: [batch, 4]}]\n');
    const report = await validate(folder);
    expect(codes(report)).toEqual(['MANIFEST_TENSOR_DATATYPE']);
    expect(check(report, 'signature').status).toBe('failed');
    expect(check(report, 'loads').status).toBe('passed');
    expect(check(report, 'loads').findings).toEqual([]);
    expect(check(report, 'size').status).toBe('passed');
    expect(check(report, 'samples').detail).toBe('not run: needs signature');
  });

  it('with a step that no picture comes through is refused at its line', async () => {
    const folder = await work.model(iris, 'preprocess:\n  - decode_image: {mode: gray}\n');
    const report = await validate(folder);
    expect(codes(report)).toEqual(['TRANSFORM_MISFIT']);
    expect(check(report, 'signature').findings[0]).toMatchObject({
      at: { file: join(folder, 'model.yaml'), line: 9, column: 5, path: 'preprocess[0]' },
      received: 'FP32[batch,4]',
    });
  });

  it('that disagrees with a graph that cannot be loaded has both told', async () => {
    const folder = work.folder();
    writeFileSync(
      join(folder, 'model.yaml'),
      'name: zork\nmodel: {path: model.onnx}\ninputs: [{name: z}]\nimage: {max_size: 50MB}\n',
    );
    writeFileSync(join(folder, 'model.onnx'), oneNode('Zork'));
    const report = await validate(folder);
    expect(codes(report)).toEqual(['MANIFEST_TENSOR_UNKNOWN', 'MODEL_REFUSED', 'IMAGE_LIMIT_HOPELESS']);
    expect(check(report, 'samples').detail).toBe('not run: needs signature, loads');
  });

  it('that requires an accelerator is an error, one that prefers it a note', async () => {
    const required = await validate(await work.model(iris, 'runtime: {accelerator: require}\n'));
    expect(codes(required)).toEqual(['ACCELERATOR_UNAVAILABLE']);
    expect(check(required, 'accelerator').findings[0]!.at).toMatchObject({
      line: expect.any(Number),
      path: 'runtime.accelerator',
    });
    expect(check(required, 'loads').status).toBe('passed');
    const preferred = await validate(await work.model(iris, 'runtime: {accelerator: prefer}\n'));
    expect(check(preferred, 'accelerator').findings).toMatchObject([{ severity: 'note' }]);
    expect(preferred.ok).toBe(true);
  });

  it('with an image limit that nothing can meet is an error', async () => {
    const report = await validate(await work.model(iris, 'image: {max_size: 50MB}\n'));
    expect(codes(report)).toEqual(['IMAGE_LIMIT_HOPELESS']);
    expect(codes(await validate(await work.model(iris, 'image: {max_size: 400MB}\n')))).toEqual([]);
  });

  it('whose answer has another shape than the graph promises is warned', async () => {
    const shaped = (name: string, width: number) =>
      proto.value(name, proto.tensorType(1, proto.str(2, 'N'), proto.int(1, width)));
    const lying = proto.bareGraph(
      proto.node('Identity'),
      proto.str(2, 'g'),
      proto.msg(11, shaped('x', 4)),
      proto.msg(12, shaped('y', 3)),
    );
    const report = await validate(work.file('model.onnx', proto.model(lying)));
    expect(check(report, 'loads').findings).toMatchObject([
      { severity: 'warning', message: 'The graph promises [N,3] for "y" and answers [1,4].' },
    ]);
  });

  it('with a memory cap close to the need is warned', async () => {
    const roomy = await validate(await work.model(iris));
    const peak = Number(/peak ([\d.]+) MB/.exec(check(roomy, 'loads').detail)?.[1]);
    const cap = Math.round(peak * 1.15);
    const report = await validate(await work.model(iris, `runtime: {probe: {max_memory: ${cap}MB}}\n`));
    expect(check(report, 'size').findings[0]!.message).toContain(`is near the cap of ${cap}.0 MB`);
    expect(check(roomy, 'size').findings[0]!.message).toMatch(/at least 1\d\d\.0 MB of memory/);
  });

  it('has every missing file listed', async () => {
    const folder = await work.model(iris);
    rmSync(join(folder, 'samples/0.in.json'));
    rmSync(join(folder, 'model.onnx'));
    symlinkSync('/etc/hostname', join(folder, 'model.onnx'));
    const report = await validate(folder);
    expect(codes(report)).toEqual(['FILE_OUTSIDE', 'MANIFEST_FILE_MISSING']);
    for (const { at } of check(report, 'files').findings) expect(at?.line).toBeGreaterThan(1);
    expect(check(report, 'graph').detail).toBe('not run: needs files');
  });

  it('without its samples has its model checked all the same', async () => {
    const folder = await work.model(iris);
    rmSync(join(folder, 'samples/0.in.json'));
    const report = await validate(folder);
    expect(statuses(report)).toMatchObject({
      files: 'failed',
      graph: 'passed',
      signature: 'not run: needs files',
      loads: 'passed',
      samples: 'not run: needs files',
      size: 'not run: needs files',
    });
    expect(report.exit).toBe(2);
  });
});

describe('a converted model', () => {
  it('is the one that was proven', async () => {
    const report = await validate(convertedFolder());
    expect(report).toMatchObject({ ok: true, warnings: 0 });
    expect(check(report, 'conversion').detail).toBe('from iris.pkl, a pickled model');
  });

  it('that was changed after it is found out, although its samples still agree', async () => {
    const folder = convertedFolder();
    changeModel(folder);
    const report = await validate(folder);
    expect(report).toMatchObject({ ok: false, exit: 1 });
    expect(codes(report)).toEqual(['CONVERSION_STALE']);
    expect(check(report, 'conversion').findings[0]?.remedy).toContain('Convert again');
    expect(statuses(report).samples).toBe('passed');
  });

  it('with samples of its owner gets a warning', async () => {
    const folder = convertedFolder();
    writeFileSync(join(folder, sampleIn), '{"X": [[5.0, 3.5, 1.4, 0.2]]}');
    const report = await validate(folder);
    expect(report).toMatchObject({ ok: true, warnings: 1 });
    expect(check(report, 'conversion').findings[0]?.message).toContain(
      `${sampleIn} is not what the original`,
    );
  });

  it('with a record that cannot be read', async () => {
    const folder = convertedFolder();
    writeFileSync(join(folder, 'conversion.json'), '{}');
    expect(codes(await validate(folder))).toEqual(['CONVERSION_UNREADABLE']);
  });
});
