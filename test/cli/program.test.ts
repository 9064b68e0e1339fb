import { afterEach, describe, expect, test, vi } from 'vitest';
import type { CliCommand } from '../../src/cli/command.ts';
import { commands, summaries } from '../../src/cli/commands.ts';
import { createOutput } from '../../src/cli/output.ts';
import { runProgram } from '../../src/cli/program.ts';
import { version } from '../../src/core/version.ts';

// A verb made for these tests stands in for the real one of the same name; the road to it is the real one.
function standIn(run: CliCommand['run']) {
  const command: CliCommand = {
    summary: 'stands in',
    configure: (program) => {
      program.argument('[model]').option('--port <port>', 'where').addHelpText('after', '\nan example');
    },
    run,
  };
  return vi.spyOn(commands, 'load').mockResolvedValue(command);
}

async function call(...argv: string[]) {
  let out = '';
  const streams = {
    stdout: {
      write: (text: string) => {
        out += text;
      },
    },
    stderr: { write: () => undefined },
  };
  const flags = { json: false, verbose: false, quiet: false, color: false };
  const exit = await runProgram(argv, createOutput(flags, streams), streams);
  return { exit, out };
}

afterEach(() => vi.restoreAllMocks());

describe('help', () => {
  test('lists every verb with its line and loads none', async () => {
    const load = vi.spyOn(commands, 'load');
    const { exit, out } = await call('--help');
    expect(exit).toBe(0);
    for (const [name, summary] of Object.entries(summaries))
      expect(out).toContain(`${name.padEnd(13)}  ${summary}`);
    expect(load).not.toHaveBeenCalled();
  });

  test.each([
    ['serve', '--help'],
    ['help', 'serve'],
  ])('%s %s shows the flags and examples of the verb', async (...argv) => {
    standIn(() => Promise.resolve(0));
    const { exit, out } = await call(...argv);
    expect(exit).toBe(0);
    for (const part of ['mdeploy serve', '--port <port>', '--json', '--no-color', 'an example'])
      expect(out).toContain(part);
  });

  test('--version prints the version alone', async () => {
    expect(await call('--version')).toEqual({ exit: 0, out: `${version}\n` });
  });
});

describe('running a verb', () => {
  test('hands over arguments and flags and gives its exit code back', async () => {
    const run = vi.fn<CliCommand['run']>().mockResolvedValue(1);
    standIn(run);
    expect((await call('serve', 'iris', '--port', '80', '--json')).exit).toBe(1);
    expect(run.mock.calls[0]?.slice(0, 2)).toEqual([['iris'], { port: '80', json: true, color: true }]);
  });

  test('takes shared flags in front of the verb', async () => {
    const run = vi.fn<CliCommand['run']>().mockResolvedValue(0);
    standIn(run);
    await call('--quiet', 'serve', 'iris');
    expect(run).toHaveBeenCalledOnce();
  });

  test('lets errors of the verb through as they are', async () => {
    const error = new Error('its own');
    standIn(() => Promise.reject(error));
    await expect(call('serve')).rejects.toBe(error);
  });
});

describe('wrong usage', () => {
  test.each([
    { argv: ['srve'], code: 'VERB_UNKNOWN', remedy: 'Did you mean `serve`?' },
    { argv: ['build-imgae'], code: 'VERB_UNKNOWN', remedy: 'Did you mean `build-image`?' },
    { argv: ['frobnicate'], code: 'VERB_UNKNOWN', remedy: 'See `mdeploy --help`' },
    { argv: [], code: 'VERB_MISSING', remedy: 'mdeploy serve model.onnx' },
    { argv: ['--json'], code: 'VERB_MISSING', remedy: 'mdeploy --help' },
    { argv: ['--jsn', 'serve'], code: 'USAGE', remedy: 'mdeploy serve --help' },
  ])('$argv is $code', async ({ argv, code, remedy }) => {
    standIn(() => Promise.resolve(0));
    const failed = call(...argv);
    await expect(failed).rejects.toMatchObject({ code, exit: 2, remedy: expect.stringContaining(remedy) });
  });

  test.each([
    { argv: ['serve', '--prot', '1'], message: "Unknown option '--prot'. Did you mean --port?" },
    { argv: ['serve', '--port'], message: "Option '--port <port>' argument missing." },
    { argv: ['serve', 'a', 'b'], message: "Too many arguments for 'serve'. Expected 1 argument but got 2" },
  ])('$argv says $message', async ({ argv, message }) => {
    standIn(() => Promise.resolve(0));
    await expect(call(...argv)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining(message),
    });
  });
});

describe('the table', () => {
  test('has a summary for every verb and a verb for every summary', () => {
    expect(Object.keys(summaries)).toEqual(commands.names);
  });

  test.each(commands.names)('%s loads, and its summary is the one that help shows', async (name) => {
    const command = await commands.load(name);
    expect(command.summary).toBe(summaries[name]);
  });
});
