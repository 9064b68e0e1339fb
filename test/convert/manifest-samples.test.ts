import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { withSamples } from '../../src/convert/manifest-samples.ts';
import type { Parity } from '../../src/proof/parity.ts';

const output = (sample: string, rtol: number, atol: number) => ({
  sample,
  output: 'y',
  ok: true,
  tolerance: { rtol, atol },
  max_abs: 0,
  max_rel: 0,
  cosine: 1,
  top1: null,
  rows: 0,
  largest: 0,
});
const parity: Parity = {
  ok: true,
  outputs: [output('random', 1e-4, 1e-5), output('random', 0, 0.00123456), output('edge', 0, 0)],
};

test('stands where the template has its example', () => {
  const text = 'name: x\n\n# Requests:\n# samples:\n#   - inputs: samples/0.in.json\n\n# The defaults\n';
  const made = withSamples(text, ['random', 'edge'], parity);
  expect(made).toMatch(/^# Requests:\nsamples:\n {2}- inputs: samples\/random\.in\.json$/m);
  expect(made.endsWith('\n# The defaults\n')).toBe(true);
  expect(parse(made).samples).toEqual([
    {
      inputs: 'samples/random.in.json',
      outputs: 'samples/random.out.json',
      tolerance: { rtol: 1e-4, atol: 0.00123 },
    },
    { inputs: 'samples/edge.in.json', outputs: 'samples/edge.out.json', tolerance: { rtol: 0, atol: 0 } },
  ]);
});

test('is added where there is no example; small tolerances stay numbers', () => {
  const made = withSamples('name: x\n', ['a'], { ok: true, outputs: [output('a', 1e-9, 1e-12)] });
  expect(made).toContain('{rtol: 1.0e-9, atol: 1.0e-12}');
  expect(parse(made).samples[0].tolerance).toEqual({ rtol: 1e-9, atol: 1e-12 });
});
