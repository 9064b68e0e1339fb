import { describe, expect, test } from 'vitest';
import { flagsOf, verbOf } from '../../src/cli/arguments.ts';

describe('the verb', () => {
  test.each([
    { argv: [], verb: undefined },
    { argv: ['serve'], verb: 'serve' },
    { argv: ['--json', '--quiet', 'validate', 'model.onnx'], verb: 'validate' },
    { argv: ['--help'], verb: undefined },
    { argv: ['help'], verb: undefined },
    { argv: ['help', 'push'], verb: 'push' },
    { argv: ['push', '--help'], verb: 'push' },
  ])('of $argv is $verb', ({ argv, verb }) => {
    expect(verbOf(argv)).toBe(verb);
  });
});

describe('the shared flags', () => {
  test('are off by default, colour on', () => {
    expect(flagsOf(['serve'])).toEqual({ json: false, verbose: false, quiet: false, color: true });
  });

  test('are found wherever they stand', () => {
    const on = { json: true, verbose: true, quiet: true, color: false };
    expect(flagsOf(['--json', 'serve', '--verbose', 'x', '--quiet', '--no-color'])).toEqual(on);
  });

  test('are plain words after --', () => {
    expect(flagsOf(['predict', '--', '--json'])).toMatchObject({ json: false });
  });
});
