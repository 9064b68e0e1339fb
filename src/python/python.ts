import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { failure } from '../core/errors/error.ts';

export interface Python {
  /** What to start it with. */
  readonly command: string;
  /** `3.11.7` */
  readonly version: string;
  /** Of the interpreter itself, also where a shim or link stands in front of it. */
  readonly executable: string;
  /** Whether it can make environments: Debian's python3 comes without. */
  readonly hasVenv: boolean;
}

const run = promisify(execFile);

/**
 * A Python that fits the lock: the one named, or the first of those on the path.
 * @param range lowest and highest minor version of Python 3
 * @throws MdeployError `PYTHON_MISSING`
 */
export async function findPython(range: readonly [number, number], named?: string): Promise<Python> {
  const [low, high] = range;
  const minors = Array.from({ length: high - low + 1 }, (_, index) => `python3.${high - index}`);
  const candidates = named === undefined ? ['python3', ...minors, 'python'] : [named];
  const misfits: string[] = [];
  for (const command of candidates) {
    const found = await ask(command);
    if (found === undefined) continue;
    const minor = Number(/^3\.(\d+)/.exec(found.version)?.[1] ?? -1);
    if (minor < low || minor > high) misfits.push(`${command} is Python ${found.version}`);
    else if (!found.hasVenv) misfits.push(`${command} is Python ${found.version} without the module venv`);
    else return found;
  }
  const reason = misfits[0] ?? (named === undefined ? 'there is none on the path' : `${named} cannot be run`);
  throw failure('PYTHON_MISSING', { reason, low: `3.${low}`, high: `3.${high}` });
}

const question = `import importlib.util, json, sys
has = all(importlib.util.find_spec(name) for name in ("venv", "ensurepip"))
print(json.dumps([".".join(map(str, sys.version_info[:3])), sys.executable, has]))`;

async function ask(command: string): Promise<Python | undefined> {
  try {
    const { stdout } = await run(command, ['-I', '-c', question], { timeout: 20_000 });
    const [version, executable, hasVenv] = JSON.parse(stdout) as [string, string, boolean];
    return { command, version, executable, hasVenv };
  } catch {
    // Not there, not Python, or too old for the question: the next one may do.
    return undefined;
  }
}
