import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { asMdeployError, failure } from '../core/errors/error.ts';
import { currentRole } from '../core/roles.ts';
import { serveFlags } from './flags.ts';
import { kserveFlagNames } from './kserve-flags.ts';
import { onSageMaker } from './platform.ts';
import { run } from './run.ts';
import { startOf } from './start.ts';
import { tfsFlagNames, tfsSwitches } from './tfs-flags.ts';
import { serverUsage } from './usage.ts';

/** Entry of `server.mjs`, the one file inside every package and image. It starts itself again as worker and probe. */
async function main(): Promise<void> {
  if (process.argv.slice(2).some((word) => word === '--help' || word === '-h')) {
    process.stdout.write(serverUsage());
    return;
  }
  try {
    const { values, positionals, environment } = parse();
    const [target] = positionals;
    const line = { values, target, fallback: import.meta.dirname, environment };
    const start = await startOf(line);
    // The package this file lies in was proven when it was made; any other model is a stranger.
    const isProven =
      target === undefined && start.models.every(({ kind, root }) => kind === 'package' && isOwn(root));
    process.exitCode = await run(start, line, isProven, (_, log) => {
      for (const warning of start.warnings) log.warn(warning);
    });
  } catch (error) {
    const known = asMdeployError(error);
    // Where this file is, the command line tool need not be.
    const remedy = known.code === 'USAGE' ? 'See `node server.mjs --help`.' : known.remedy;
    process.stderr.write(`error ${known.code}: ${known.message}\n  ${remedy}\n`);
    process.exitCode = known.exit;
  }
}

function parse() {
  try {
    const { values, positionals } = parseArgs({
      args: process.argv.slice(2).map(withValue),
      options: {
        ...Object.fromEntries(
          [...tfsFlagNames, ...kserveFlagNames].map((name) => [name, { type: 'string' }]),
        ),
        ...serveFlags,
      },
      allowPositionals: true,
      strict: true,
    });
    // SageMaker starts every image with the argument `serve`.
    const isSageMaker = positionals[0] === 'serve';
    if (isSageMaker) positionals.shift();
    if (positionals.length > 1) throw new Error(`One model at a time, not ${positionals.length}.`);
    return { values, positionals, environment: isSageMaker ? onSageMaker(process.env) : process.env };
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    throw failure('USAGE', { problem, verb: 'serve' }, { cause: error });
  }
}

function isOwn(root: string): boolean {
  return root === join(import.meta.dirname, 'model');
}

// parseArgs knows no flag that may stand alone or have a value.
function withValue(word: string): string {
  return tfsSwitches.includes(word.slice(2)) && word.startsWith('--') ? `${word}=true` : word;
}

const role = currentRole();
if (role === 'engine-worker') await import('../runtime/engine-worker.ts');
else if (role === 'model-probe') await import('../runtime/model-probe.ts');
else if (role === 'server-process') await import('./processes/server-process.ts');
else await main();
