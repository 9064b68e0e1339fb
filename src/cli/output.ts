import { styleText } from 'node:util';
import type { MdeployError } from '../core/errors/error.ts';
import { errorDocument, errorText, type Paint } from './error-text.ts';

/** Where a verb speaks: results go to stdout (one JSON document with `--json`), progress and notes to stderr. */
export interface Output {
  readonly json: boolean;
  readonly verbose: boolean;
  readonly quiet: boolean;
  readonly color: boolean;
  /** The verb's result. With `--json` only `document` is printed (with `schema_version`), else `text`. */
  result(document: Readonly<Record<string, unknown>>, text: string): void;
  /** A line on stderr; silent with `--quiet`. */
  note(text: string): void;
  warn(text: string): void;
  /** Runs `work` under a spinner (stderr, terminal only); `update` changes its text. */
  step<T>(text: string, work: (update: (text: string) => void) => Promise<T>): Promise<T>;
  error(error: MdeployError): void;
}

export interface OutputFlags {
  readonly json: boolean;
  readonly verbose: boolean;
  readonly quiet: boolean;
  readonly color: boolean;
}

export interface Streams {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown; readonly isTTY?: boolean; readonly columns?: number };
}

/** The output of a verb over the process's streams, or over those of a test. */
export function createOutput(flags: OutputFlags, streams: Streams = process): Output {
  const { stdout, stderr } = streams;
  const paint: Paint = (style, text) =>
    flags.color ? styleText(style, text, { validateStream: false }) : text;
  return {
    ...flags,
    result: (document, text) => {
      stdout.write(flags.json ? json({ schema_version: 1, ...document }) : withNewline(text));
    },
    note: (text) => {
      if (!flags.quiet) stderr.write(withNewline(text));
    },
    warn: (text) => {
      stderr.write(`${paint('yellow', 'warning:')} ${withNewline(text)}`);
    },
    step: (text, work) => (canSpin(streams) && !flags.quiet ? spin(text, work, flags) : work(silent)),
    error: (error) => {
      if (flags.json) stdout.write(json(errorDocument(error)));
      if (!flags.json || flags.verbose) stderr.write(errorText(error, paint, flags.verbose));
    },
  };
}

/** Colour only on a terminal, never with NO_COLOR (no-color.org) or `--no-color`; FORCE_COLOR overrides the terminal. */
export function wantsColor(flag: boolean, env: NodeJS.ProcessEnv, isTTY: boolean | undefined): boolean {
  if (!flag || (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb') return false;
  return isTTY === true || (env.FORCE_COLOR ?? '0') !== '0';
}

// A terminal without a size (`docker run -t` before it is told one, some CI) makes ora clear lines for ever.
function canSpin({ stderr }: Streams): boolean {
  return stderr.isTTY === true && (stderr.columns ?? 0) > 0;
}

async function spin<T>(
  text: string,
  work: (update: (text: string) => void) => Promise<T>,
  flags: OutputFlags,
): Promise<T> {
  const { default: ora } = await import('ora');
  // With discardStdin ora reads the terminal in raw mode: Ctrl-C would no longer be a signal, and `--input -` would starve.
  const plain = flags.color ? {} : { color: false as const };
  const spinner = ora({ text, stream: process.stderr, discardStdin: false, ...plain }).start();
  try {
    const value = await work((next) => {
      spinner.text = next;
    });
    spinner.succeed();
    return value;
  } catch (error) {
    spinner.fail();
    throw error;
  }
}

function silent(): void {
  // Progress is for terminals; a log file gets results and notes only.
}

function json(document: object): string {
  return `${JSON.stringify(document, (_, value) => (typeof value === 'bigint' ? String(value) : value), 2)}\n`;
}

function withNewline(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
