import { describe, expect, test } from 'vitest';
import { checkManifest } from '../../src/manifest/check.ts';

const check = (lines: string) => checkManifest(`name: iris\nmodel: {path: a.onnx}\n${lines}\n`, 'model.yaml');

describe('a version is what is written, never what YAML makes of it', () => {
  test.each(['3', '1.2.0', '1.10.0', '2.0.0-rc.1', '"3"', "'1.2.0'"])('%s is taken', (written) => {
    expect(check(`version: ${written}`).draft?.version).toBe(written.replaceAll(/["']/g, ''));
  });

  test.each([
    ['1.10', 'A semantic version has three parts: 1.10.0.'],
    ['1.0', 'A semantic version has three parts: 1.0.0.'],
    ...['0x10', '0o17', '1e3', '1E3', '01', '+1', '1.', '-1', '2024-01-01', 'yes', 'on', '.5'].map((text) => [
      text,
      'Write a whole number or a semantic version',
    ]),
  ])('%s is refused', (written, hint) => {
    const [problem] = check(`version: ${written}`).problems;
    expect(problem).toMatchObject({
      code: 'MANIFEST_INVALID',
      remedy: expect.stringContaining(hint),
      details: { at: { line: 3, column: 10, path: 'version' }, received: `"${written}"` },
    });
  });

  test.each(['true', 'True'])('%s is shown as written', (written) => {
    expect(check(`version: ${written}`).problems[0]?.details.received).toBe(written);
  });
});

describe('names of classes and columns', () => {
  const odd = ['1.10', '0x10', '1e3', '007', '+1', '2024-01-01', 'yes', 'no', '-0', '12345678901234567890'];

  test('stay as they are written', () => {
    const { draft, problems } = check(
      `outputs: [{name: y, labels: [${odd}]}]\ninputs:\n  - name: x\n    columns: [${odd}]`,
    );
    expect(problems).toEqual([]);
    expect(draft?.outputs[0]?.labels).toEqual(odd);
    expect(draft?.inputs[0]?.columns).toEqual(odd);
  });
});

describe('a text that YAML reads as a number', () => {
  test.each([
    ['description: 1.10', '"1.10"'],
    ['image: {labels: {a: 0x10}}', '"0x10"'],
    ['image: {env: {A: 1e3}}', '"1e3"'],
    ['outputs: [{name: 1.0}]', '"1.0"'],
    ['description: True', '"True"'],
  ])('%s is to be put in quotes as it is written', (lines, quoted) => {
    const [problem] = check(lines).problems;
    expect(problem?.remedy).toBe(`Put it in quotes: ${quoted}.`);
    expect(problem?.details.received).toBe(quoted.slice(1, -1));
  });

  test('a number is a number where one is wanted, however it is written', () => {
    const { draft } = check(
      'serving: {timeout_ms: 1e3}\nsamples: [{inputs: a, outputs: b, tolerance: {rtol: 1.0e-4}}]',
    );
    expect(draft?.serving.timeout_ms).toBe(1000);
    expect(draft?.samples[0]?.tolerance.rtol).toBe(1e-4);
  });
});
