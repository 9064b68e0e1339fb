import { readFileSync } from 'node:fs';

/** What a variant of a model may ask of a machine. */
export interface Machine {
  /** In Node's words: `x64`, `arm64`. */
  readonly arch: string;
  /** In the words of /proc/cpuinfo: `avx512_vnni`, `asimddp`; empty where the system does not tell. */
  readonly cpu: ReadonlySet<string>;
}

let known: Machine | undefined;

/** This machine, asked once. */
export function thisMachine(): Machine {
  known ??= { arch: process.arch, cpu: cpuFeatures(cpuInfo()) };
  return known;
}

/** The features of the first processor: `flags` of x86, `Features` of Arm. */
export function cpuFeatures(cpuinfo: string): ReadonlySet<string> {
  const [, words = ''] = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpuinfo) ?? [];
  return new Set(words.split(/\s+/).filter((word) => word !== ''));
}

// Other systems have no such file, and some sandboxes hide it.
function cpuInfo(): string {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return '';
  }
}
