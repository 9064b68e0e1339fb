import { describe, expect, test } from 'vitest';
import { createOutput, type OutputFlags, wantsColor } from '../../src/cli/output.ts';
import { failure } from '../../src/core/errors/error.ts';

const plain: OutputFlags = { json: false, verbose: false, quiet: false, color: false };

function capture(flags: Partial<OutputFlags> = {}, terminal: { isTTY?: boolean; columns?: number } = {}) {
  const written = { out: '', err: '' };
  const output = createOutput(
    { ...plain, ...flags },
    {
      stdout: {
        write: (text) => {
          written.out += text;
        },
      },
      stderr: {
        ...terminal,
        write: (text) => {
          written.err += text;
        },
      },
    },
  );
  return { output, written };
}

const error = failure(
  'FILE_UNREADABLE',
  { file: 'model.onnx', reason: 'it does not exist' },
  {
    at: { file: 'model.yaml', line: 4, column: 9, path: 'model.path' },
    field: 'model.path',
    expected: 'a file',
    received: 'nothing\n\u001b[31mred',
    cause: new Error('ENOENT'),
  },
);

describe('results', () => {
  test('are text for people', () => {
    const { output, written } = capture();
    output.result({ answer: 1 }, 'the answer is 1');
    expect(written).toEqual({ out: 'the answer is 1\n', err: '' });
  });

  test('are one versioned document with --json; 64-bit integers as text', () => {
    const { output, written } = capture({ json: true });
    output.result({ answer: 2n ** 60n }, 'never shown');
    expect(JSON.parse(written.out)).toEqual({ schema_version: 1, answer: '1152921504606846976' });
    expect(written.err).toBe('');
  });
});

describe('notes, warnings, steps', () => {
  test('go to stderr; --quiet keeps only warnings', () => {
    const loud = capture();
    loud.output.note('noted');
    loud.output.warn('careful');
    expect(loud.written).toEqual({ out: '', err: 'noted\nwarning: careful\n' });
    const quiet = capture({ quiet: true });
    quiet.output.note('noted');
    quiet.output.warn('careful');
    expect(quiet.written.err).toBe('warning: careful\n');
  });

  test('a step off a terminal writes nothing and passes value and error through', async () => {
    const { output, written } = capture();
    await expect(
      output.step('working', async (update) => {
        update('still working');
        return 7;
      }),
    ).resolves.toBe(7);
    await expect(output.step('working', () => Promise.reject(error))).rejects.toBe(error);
    expect(written).toEqual({ out: '', err: '' });
  });
});

test.each([{ isTTY: true, columns: 0 }, { isTTY: true }])(
  'a terminal without a size (%o) gets no spinner',
  async (terminal) => {
    const { output, written } = capture({}, terminal);
    await expect(output.step('working', () => Promise.resolve(1))).resolves.toBe(1);
    expect(written.err).toBe('');
  },
);

describe('errors', () => {
  test('tell people code, place, expectation and fix on stderr, without a stack', () => {
    const { output, written } = capture();
    output.error(error);
    expect(written.out).toBe('');
    expect(written.err.split('\n')).toEqual([
      'error FILE_UNREADABLE: Cannot read model.onnx: it does not exist.',
      '  where     model.yaml:4:9 model.path',
      '  field     model.path',
      '  expected  a file',
      '  received  nothing [31mred',
      '  fix       Check that the path exists and that this user may read it.',
      '',
    ]);
  });

  test('add the causes with --verbose', () => {
    const { output, written } = capture({ verbose: true });
    output.error(error);
    expect(written.err).toContain('caused by: Error: ENOENT');
    expect(written.err).toMatch(/at .*output\.test\.ts/);
  });

  test('are the only thing on stdout with --json', () => {
    const { output, written } = capture({ json: true });
    output.error(error);
    expect(written.err).toBe('');
    expect(JSON.parse(written.out)).toEqual({
      schema_version: 1,
      error: {
        code: 'FILE_UNREADABLE',
        message: 'Cannot read model.onnx: it does not exist.',
        remedy: 'Check that the path exists and that this user may read it.',
        at: { file: 'model.yaml', line: 4, column: 9, path: 'model.path' },
        field: 'model.path',
        expected: 'a file',
        received: 'nothing\n\u001b[31mred',
      },
    });
  });

  test('are red only where colour is wanted', () => {
    const { output, written } = capture({ color: true });
    output.error(error);
    expect(written.err).toContain('\u001b[31merror\u001b[39m');
  });
});

describe('colour', () => {
  test.each([
    { flag: true, env: {}, tty: true, wanted: true },
    { flag: true, env: {}, tty: false, wanted: false },
    { flag: true, env: {}, tty: undefined, wanted: false },
    { flag: false, env: {}, tty: true, wanted: false },
    { flag: true, env: { NO_COLOR: '1' }, tty: true, wanted: false },
    { flag: true, env: { NO_COLOR: '' }, tty: true, wanted: true },
    { flag: true, env: { TERM: 'dumb' }, tty: true, wanted: false },
    { flag: true, env: { FORCE_COLOR: '1' }, tty: false, wanted: true },
    { flag: true, env: { FORCE_COLOR: '1', NO_COLOR: '1' }, tty: false, wanted: false },
    { flag: false, env: { FORCE_COLOR: '1' }, tty: false, wanted: false },
  ])('flag $flag, env $env, terminal $tty → $wanted', ({ flag, env, tty, wanted }) => {
    expect(wantsColor(flag, env, tty)).toBe(wanted);
  });
});

describe('an error that carries others of the same pass', () => {
  const many = (count: number) =>
    error.withOthers(
      Array.from({ length: count }, (_, n) =>
        failure('FILE_UNREADABLE', { file: `f${n}`, reason: 'it is a folder' }),
      ),
    );

  test('all are shown, each with its own next step', () => {
    const { output, written } = capture();
    output.error(many(2));
    expect(written.err.match(/^error FILE_UNREADABLE: Cannot read \S+:/gm)).toEqual([
      'error FILE_UNREADABLE: Cannot read model.onnx:',
      'error FILE_UNREADABLE: Cannot read f0:',
      'error FILE_UNREADABLE: Cannot read f1:',
    ]);
    expect(written.err.match(/^ {2}fix /gm)).toHaveLength(3);
  });

  test('a terminal gets twenty and the number of the rest', () => {
    const { output, written } = capture();
    output.error(many(24));
    expect(written.err.match(/^error /gm)).toHaveLength(20);
    expect(written.err).toMatch(/\nand 5 more; --json shows all\.\n$/);
  });

  test('--json has all of them', () => {
    const { output, written } = capture({ json: true });
    output.error(many(24));
    const { others } = (JSON.parse(written.out) as { error: { others: { code: string; remedy: string }[] } })
      .error;
    expect(others).toHaveLength(24);
    expect(others[0]).toEqual({
      code: 'FILE_UNREADABLE',
      message: 'Cannot read f0: it is a folder.',
      remedy: error.remedy,
    });
  });
});
