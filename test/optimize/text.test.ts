import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { spread } from '../../src/optimize/chart.ts';
import { pointsOf } from '../../src/optimize/frontier.ts';
import { optimizationHtml } from '../../src/optimize/html.ts';
import { chooseServed } from '../../src/optimize/serve-winner.ts';
import { optimizationText } from '../../src/optimize/text.ts';
import { variantFile } from '../../src/optimize/write-folder.ts';
import { measured, report, variant } from './reports.ts';

const slow = variant({
  name: 'int8-dynamic',
  verdict: 'dropped',
  reasons: ['0.50 × as fast, 1.10 × is asked'],
  measured: measured({ faster_by: 0.5, bytes: 300_000 }),
});
const wrong = variant({
  name: 'pruned',
  verdict: 'wrong',
  reasons: ['agrees on 50% of rows, 99% are asked'],
  facts: { sparsity: 0.4, sparsity_of_products: 0.5 },
  measured: measured({ top1: 0.5, faster_by: 9, bytes: 100 }),
  first_difference: { node: '/conv', op: 'Conv', actual_op: 'Conv', tensor: 't', max_abs: 1, reason: 'r' },
});
const skipped = variant({ name: 'int4-weights', verdict: 'skipped', reasons: ['it has none'] });
const { measured: _, ...bare } = skipped;

describe('the report for people', () => {
  test('has every variant, why it is not kept, and what is served', () => {
    const text = optimizationText(report([variant(), slow, wrong, bare]));
    expect(text).toContain(
      'kept if top-1 from 99% on, error up to 0.050, 1.10 × as fast; judged by 16 rows of samples',
    );
    expect(text).toMatch(/^ {2}fp16 .* 2\.00 × .* 100% .* kept$/m);
    expect(text).toContain('int8-dynamic: 0.50 × as fast, 1.10 × is asked');
    expect(text).toContain(
      'pruned: agrees on 50% of rows, 99% are asked; first beyond what is allowed at /conv (Conv); 50% of the weights of products are zero, 40% of all',
    );
    expect(text).toContain('int4-weights: it has none');
    expect(text).toContain('off by 2%');
    expect(text).toContain('Made m-optimized, which serves fp16: 2.00 × as fast, 2.00 × as small.');
  });

  test('says so when nothing wins, and which samples are left out', () => {
    expect(optimizationText(report([slow], { served: 'original' }))).toContain(
      'Nothing wins on this machine. Made m-optimized, which serves the original as it is.',
    );
    const text = optimizationText(report([variant()], { samples_left_out: ['a.json'] }));
    expect(text).toContain('Left out of model.yaml, for fp16 gives another label: a.json.');
  });

  test('cuts what the runtime says, in the text only', () => {
    const long = variant({ name: 'folded', verdict: 'refused', reasons: ['x'.repeat(900)] });
    expect(optimizationText(report([long]))).toMatch(/x{240}…/);
  });
});

describe('the frontier', () => {
  test('joins what nothing beats in both, and no wrong answers', () => {
    const points = pointsOf(report([variant(), slow, wrong, bare]));
    expect(points.map(({ name, isFrontier }) => [name, isFrontier])).toEqual([
      ['original', false],
      ['fp16', true],
      ['int8-dynamic', true],
      ['pruned', false],
    ]);
    expect(points.find(({ name }) => name === 'fp16')?.ms).toBe(2);
  });

  test('is drawn on a page that needs nothing beside it', () => {
    const page = optimizationHtml(report([variant(), slow, wrong, bare]));
    expect(page).not.toMatch(/<script|https?:|src=|href=|@import|url\(|NaN|Infinity/);
    expect(page.match(/<circle /g)?.length).toBe(4);
    expect(page).toContain('<polyline');
    expect(page).toContain('fp16 100%');
  });

  test('of the original alone is a picture too', () => {
    const page = optimizationHtml(report([bare], { served: 'original' }));
    expect(page.match(/<circle /g)?.length).toBe(1);
    expect(page).not.toMatch(/NaN|Infinity/);
  });
});

describe('labels', () => {
  test('never lie on one another, stay in order, and near where they belong', () => {
    const heights = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(heights, (list) => {
        const placed = spread(list);
        const sorted = [...placed].sort((a, b) => a - b);
        const apart = sorted.every((value, at) => at === 0 || value - sorted[at - 1]! > 13.99);
        const near = placed.every((value, at) => Math.abs(value - list[at]!) <= 14 * list.length);
        return apart && near;
      }),
    );
    expect(spread([10, 100])).toEqual([10, 100]);
    expect(spread([50, 50])).toEqual([43, 57]);
  });
});

describe('what is served', () => {
  const small = variant({ name: 'int8-static', measured: measured({ faster_by: 1.2, smaller_by: 4 }) });
  test('is the fastest of those kept, or the smallest where only size is asked', () => {
    const keepIf = { top1_agreement: 0.99, max_error: 0.05 };
    const all = [small, variant(), wrong];
    expect(chooseServed(all, { ...keepIf, faster_by: 1.1 })?.variant.name).toBe('fp16');
    expect(chooseServed(all, { ...keepIf, smaller_by: 1.1 })?.variant.name).toBe('int8-static');
    expect(chooseServed([slow, wrong, bare], keepIf)).toBeUndefined();
  });

  test('is served where it was shown to be faster, and everywhere where it is only smaller', () => {
    const keepIf = { top1_agreement: 0.99, max_error: 0.05 };
    const on = (arch: string, cpu: readonly string[], asked: object) =>
      chooseServed([variant()], { ...keepIf, ...asked }, { arch, cpu: new Set(cpu) })?.when;
    expect(on('x64', ['avx2', 'avx512_vnni'], { faster_by: 1 })).toEqual({
      arch: 'x64',
      cpu: ['avx512_vnni'],
    });
    expect(on('arm64', ['asimddp'], { faster_by: 1 })).toEqual({ arch: 'arm64', cpu: ['asimddp'] });
    expect(on('x64', [], { faster_by: 1 })).toEqual({ arch: 'x64', cpu: [] });
    expect(on('riscv64', [], { faster_by: 1 })).toBeUndefined();
    expect(on('x64', ['avx2'], { smaller_by: 1 })).toBeUndefined();
    const text = optimizationText(report([variant()], { served_when: { arch: 'x64', cpu: ['avx2'] } }));
    expect(text).toContain(
      'serves fp16 on machines with x64 and avx2, elsewhere the original: 2.00 × as fast',
    );
  });

  test('lies beside the model', () => {
    expect(variantFile('models/net.onnx', 'fp16')).toBe('models/net.fp16.onnx');
    expect(variantFile('net.onnx', 'fused')).toBe('net.fused.onnx');
  });
});
