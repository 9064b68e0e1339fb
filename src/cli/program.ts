import { Command, CommanderError } from 'commander';
import { failure } from '../core/errors/error.ts';
import { nearest } from '../core/suggest.ts';
import { version } from '../core/version.ts';
import { verbOf } from './arguments.ts';
import { commands, summaries } from './commands.ts';
import type { Output, Streams } from './output.ts';

/**
 * Parses the command line, loads the one verb it names and runs it.
 * @returns the exit code
 * @throws MdeployError `USAGE`, `VERB_UNKNOWN`, `VERB_MISSING`, or whatever the verb throws
 */
export async function runProgram(argv: readonly string[], output: Output, streams: Streams): Promise<number> {
  const verb = verbOf(argv);
  const unknown = verb !== undefined && !commands.has(verb);
  if (unknown) throw unknownVerb(verb);
  let exit = 0;
  const program = newProgram(streams);
  for (const [name, summary] of Object.entries(summaries)) {
    const sub = sharedFlags(program.command(name).description(summary));
    if (name !== verb) continue;
    const command = await commands.load(name);
    command.configure(sub);
    sub.action(async () => {
      exit = await command.run(sub.args, sub.optsWithGlobals(), output);
    });
  }
  if (verb === undefined && argv.every((word) => !helpFlags.has(word))) throw failure('VERB_MISSING', {});
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw usage(error, verb);
  }
  return exit;
}

const helpFlags = new Set(['-h', '--help', 'help', '-V', '--version']);

function newProgram(streams: Streams): Command {
  const program = new Command('mdeploy')
    .description('From a trained model file to a production server that gives the same answers.')
    .usage('<verb> [MODEL] [flags]')
    .version(version)
    .exitOverride()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => void streams.stdout.write(text),
      // Usage errors become MdeployError and are printed by main.
      writeErr: () => undefined,
    })
    .configureHelp({ subcommandTerm: (command) => command.name(), showGlobalOptions: false })
    .helpCommand('help [verb]', 'show the flags and examples of a verb')
    .addHelpText(
      'after',
      '\nMODEL is a folder with model.yaml, an .onnx file, or a package; default: this folder.',
    );
  return sharedFlags(program);
}

function sharedFlags(program: Command): Command {
  return program
    .option('--json', 'print one JSON document on stdout and nothing else there')
    .option('--quiet', 'no progress and no notes')
    .option('--verbose', 'more detail; errors with their causes')
    .option('--no-color', 'plain text');
}

function unknownVerb(verb: string) {
  const near = nearest(verb, commands.names);
  return failure('VERB_UNKNOWN', { verb, hint: near === undefined ? '' : `Did you mean \`${near}\`? ` });
}

// commander's words: "error: unknown option '--prot'\n(Did you mean --port?)"
function usage(error: CommanderError, verb: string | undefined) {
  const [first = '', ...rest] = error.message.replace(/^error: /, '').split('\n');
  const problem = [`${first.charAt(0).toUpperCase()}${first.slice(1)}.`, ...rest.map(unwrapped)]
    .join(' ')
    .trim();
  return failure('USAGE', { problem, verb: verb ?? '' }, { cause: error });
}

function unwrapped(line: string): string {
  return line.replace(/^\((.*)\)$/, '$1');
}
