import { describe, expect, test } from 'vitest';
import { checkManifest } from '../../src/manifest/check.ts';
import { completeManifest } from '../../src/manifest/complete.ts';
import { printManifest } from '../../src/manifest/print.ts';

const check = (optimize: string) =>
  checkManifest(`name: m\nmodel: {path: m.onnx}\n${optimize}`, 'model.yaml');
const signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: [1] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: [1] }],
} as const;

describe('optimize in a manifest', () => {
  test('is absent unless written, and read back as it was', () => {
    const { draft: without } = check('');
    expect(without).not.toHaveProperty('optimize');
    const { draft, locate } = check('optimize: {keep_if: {smaller_by: 2}, recipes: [fp16, fused]}');
    const { manifest } = completeManifest(draft!, { signature, locate });
    expect(manifest.optimize).toEqual({ keep_if: { smaller_by: 2 }, recipes: ['fp16', 'fused'] });
    const again = checkManifest(printManifest(manifest), 'model.yaml').draft;
    expect(again?.optimize).toEqual(manifest.optimize);
  });

  test('variants are read back as they were, too', () => {
    const { draft, locate } = check('variants: [{path: a.onnx, when: {arch: x64, cpu: [avx2]}}]');
    const { manifest } = completeManifest(draft!, { signature, locate });
    expect(manifest.variants).toEqual([{ path: 'a.onnx', when: { arch: 'x64', cpu: ['avx2'] } }]);
    const again = checkManifest(printManifest(manifest), 'model.yaml').draft;
    expect(again?.variants).toEqual(manifest.variants);
  });

  test.each([
    ['optimize: {recipes: [int9]}', 'optimize.recipes[0]'],
    ['optimize: {recipes: [fp16, fp16]}', 'optimize.recipes[1]'],
    ['optimize: {recipes: []}', 'optimize.recipes'],
    ['optimize: {keep_if: {top1_agreement: 99}}', 'optimize.keep_if.top1_agreement'],
    ['optimize: {keep_if: {faster_by: 0.5}}', 'optimize.keep_if.faster_by'],
    ['optimize: {keep_if: {max_error: -1}}', 'optimize.keep_if.max_error'],
    ['optimize: {keep_if: {fasterby: 2}}', 'optimize.keep_if.fasterby'],
  ])('%s is an error at %s', (text, path) => {
    const { problems } = check(text);
    expect(problems.map(({ details }) => details.at)).toEqual([expect.objectContaining({ path, line: 3 })]);
  });
});
