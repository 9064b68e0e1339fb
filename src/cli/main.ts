import { asMdeployError, failure } from '../core/errors/error.ts';
import { reasonOf } from '../core/files.ts';
import { runCleanups } from '../core/interrupt.ts';
import { flagsOf, verbOf } from './arguments.ts';
import { drainingVerbs } from './commands.ts';
import { errorText } from './error-text.ts';
import { createOutput, type Output, wantsColor } from './output.ts';
import { runProgram } from './program.ts';

/**
 * The only place that prints an error or ends the process. The exit code is set and the event loop runs dry: a
 * `process.exit()` while a worker is inside the runtime would abort the whole process.
 */
export async function main(argv: readonly string[] = process.argv.slice(2)): Promise<void> {
  const flags = flagsOf(argv);
  const color = wantsColor(flags.color, process.env, process.stderr.isTTY);
  const output = createOutput({ ...flags, color });
  const guard = guardProcess(output, drainingVerbs.has(verbOf(argv) ?? ''));
  try {
    process.exitCode = await runProgram(argv, output, process);
  } catch (error) {
    // What fails because its files were just cleaned away says nothing: the interruption has its own words.
    if (guard.isInterrupted()) return;
    const known = asMdeployError(error);
    output.error(known);
    process.exitCode = known.exit;
  }
}

function guardProcess(output: Output, drains: boolean): { isInterrupted(): boolean } {
  let isInterrupted = false;
  process.stdout.on('error', brokenStream);
  process.stderr.on('error', brokenStream);
  const crash = (error: unknown) => {
    output.error(asMdeployError(error));
    process.exit(1);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  const interrupt = () => {
    isInterrupted = true;
    void interrupted(output);
  };
  if (!drains) {
    process.once('SIGINT', interrupt);
    process.once('SIGTERM', interrupt);
  }
  return { isInterrupted: () => isInterrupted };
}

// A second signal ends at once: `once` above gave the default action back. The verb's own promise never settles, so
// only an explicit exit ends it.
async function interrupted(output: Output): Promise<void> {
  for (const problem of await runCleanups())
    output.warn(`not cleaned up: ${asMdeployError(problem).message}`);
  output.error(failure('INTERRUPTED', {}));
  process.exit(130);
}

// `mdeploy inspect | head` closes the pipe early; that is no fault.
function brokenStream(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0);
  const fault = failure('FILE_UNWRITABLE', { file: 'standard output', reason: reasonOf(error) });
  // The other stream may be whole, also with --json.
  process.stderr.write(errorText(fault, (_, text) => text, false));
  process.exit(fault.exit);
}

if (import.meta.main) await main();
