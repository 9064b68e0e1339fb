import { createOutput } from '../../src/cli/output.ts';
import { runProgram } from '../../src/cli/program.ts';

/** Runs a verb of this source tree in this process; what it throws is thrown. */
export async function runVerb(...argv: readonly string[]) {
  let stdout = '';
  let stderr = '';
  const streams = {
    stdout: { write: (text: string) => (stdout += text) },
    stderr: { write: (text: string) => (stderr += text) },
  };
  const json = argv.includes('--json');
  const output = createOutput({ json, verbose: false, quiet: false, color: false }, streams);
  const exit = await runProgram(argv, output, streams);
  return { exit, stdout, stderr };
}
