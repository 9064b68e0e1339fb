import type { OutputFlags } from './output.ts';

/** The flags of every verb, read before anything is parsed: also a usage error must know how to look. */
export function flagsOf(argv: readonly string[]): OutputFlags {
  const end = argv.indexOf('--');
  const flags = new Set(end < 0 ? argv : argv.slice(0, end));
  return {
    json: flags.has('--json'),
    verbose: flags.has('--verbose'),
    quiet: flags.has('--quiet'),
    color: !flags.has('--no-color'),
  };
}

/** The verb, for `help VERB` that verb: shared flags take no value, so it is the first word without a dash. */
export function verbOf(argv: readonly string[]): string | undefined {
  const words = argv.filter((word) => !word.startsWith('-'));
  return words[0] === 'help' ? words[1] : words[0];
}
