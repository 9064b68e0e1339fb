import { failure } from '../core/errors/error.ts';
import type { FlagValues } from './flags.ts';

/** A flag of another server that is known and not read. */
interface UnreadFlag {
  readonly takes: keyof typeof grammars;
  /** Values that ask for what happens anyway, or are what that server has without the flag. */
  readonly silent: readonly string[];
  /** What it comes to here, where it is for speed or resources only: the start goes on with a warning. */
  readonly instead?: string;
  /** Why another value ends the start: answers, what is served, or safety would not be what was asked for. */
  readonly refused?: string;
}

export type UnreadFlags = Readonly<Record<string, UnreadFlag>>;

/**
 * Looks at flags of another server that are not read.
 * @returns what those that are for speed or resources only come to, a sentence each
 * @throws MdeployError `FLAG_UNSUPPORTED` for those that ask for something else; `USAGE` for values of another form
 */
export function unreadWarnings(flags: UnreadFlags, values: FlagValues): readonly string[] {
  return Object.entries(flags).flatMap(([flag, { takes, silent, instead, refused }]) => {
    const given = values[flag];
    if (given === undefined) return [];
    // A switch without a value is true, as in TF Serving.
    const value = String(given);
    const [grammar, expected] = grammars[takes];
    if (!grammar.test(value)) {
      const problem = `--${flag} takes ${expected}, not "${value}".`;
      throw failure('USAGE', { problem, verb: 'serve' }, { field: `--${flag}`, expected, received: value });
    }
    if (silent.includes(takes === 'switch' ? value.toLowerCase() : value)) return [];
    if (refused !== undefined)
      throw failure('FLAG_UNSUPPORTED', { flag: `--${flag}`, value, reason: refused });
    return [`--${flag}=${value} has no effect here: ${instead}.`];
  });
}

export const no: readonly string[] = ['false', '0'];
export const yes: readonly string[] = ['true', '1'];

const grammars = {
  switch: [/^(?:true|false|1|0)$/i, 'true or false'],
  whole: [/^-?\d{1,19}$/, 'a whole number'],
  number: [/^\d{0,9}(?:\.\d{1,9})?$/, 'a number'],
  text: [/^/, 'a text'],
} as const;
