import { beforeAll, describe, expect, test } from 'vitest';
import { conformanceReport } from '../../scripts/conformance/report.ts';
import { datatypes } from '../../src/core/tensor.ts';
import { fixturePath } from '../fixtures.ts';
import { wireCallers } from './wire/callers.ts';
import { readCases } from './wire/cases.ts';
import { runCases, type WireResult } from './wire/run.ts';

// A selection of ONNX's backend tests: every datatype on both sides, scalars, empty tensors, NaN, many inputs and outputs.
const cases = readCases(fixturePath('conformance'));
let results: readonly WireResult[];

beforeAll(async () => {
  results = await runCases(cases);
});

describe('the backend tests of ONNX over the wire, from one server', () => {
  test('have every datatype going in and coming out', () => {
    const found = (side: 'inputs' | 'outputs') =>
      new Set(cases.flatMap((wireCase) => wireCase[side].map(({ datatype }) => datatype)));
    expect([...found('inputs')].sort()).toEqual([...datatypes].sort());
    expect([...found('outputs')].sort()).toEqual([...datatypes].sort());
  });

  test.each(wireCallers.map(({ name }) => name))('%s', (protocol) => {
    const own = results.filter((result) => result.protocol === protocol);
    expect(own).toHaveLength(cases.length);
    expect(own.filter(({ miss }) => miss !== undefined)).toEqual([]);
  });
});

test('the report counts what is answered and says why the rest is not', () => {
  const [first, second] = results;
  const { wireCase } = first!;
  const able = { ...wireCase, name: 'node/test_a', runtime: 'ok' } as const;
  const unable = { ...wireCase, name: 'node/test_b', runtime: 'unsupported' } as const;
  const text = conformanceReport(
    [
      { wireCase: able, protocol: first!.protocol },
      { wireCase: able, protocol: second!.protocol, miss: 'refused', detail: 'at /tmp/x/model.onnx\nlater' },
      { wireCase: unable, protocol: first!.protocol, miss: 'not loaded: MODEL_REFUSED' },
      { wireCase: unable, protocol: second!.protocol, miss: 'not loaded: MODEL_REFUSED' },
    ],
    { runtime: '1.2.3', date: '2026-01-02' },
  );
  expect(text).toContain('Measured on 2026-01-02 with onnxruntime-node 1.2.3.');
  expect(text).toContain(`| ${first!.protocol} | 1 | 1 |`);
  expect(text).toContain(`| ${second!.protocol} | 0 | 0 |`);
  expect(text).toContain(`| node/test_a | ${second!.protocol} | refused: at the model later |`);
  expect(text).toContain('| not loaded: MODEL_REFUSED | 1 |');
});
