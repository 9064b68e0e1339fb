import { catalogue, type ErrorCode } from './catalogue.ts';
import type { ErrorRow, ExitCode, GrpcCode, RowParams } from './row.ts';

/** Where in a user's file the fault lies. `line` and `column` count from 1; `path` is a key path such as `inputs[0].shape`. */
export interface ErrorLocation {
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly path?: string;
}

export interface ErrorDetails {
  readonly at?: ErrorLocation;
  /** Dotted name of the request field or tensor at fault; safe to show to clients. */
  readonly field?: string;
  readonly expected?: string;
  readonly received?: string;
  readonly cause?: unknown;
  /** Seconds after which a client may try again (HTTP Retry-After). */
  readonly retryAfter?: number;
  /** Further faults found in the same pass. */
  readonly others?: readonly MdeployError[];
}

/** The one error class. Everything a person or client reads about a fault comes from its catalogue row. */
export class MdeployError extends Error {
  override readonly name = 'MdeployError';
  readonly code: ErrorCode;
  readonly remedy: string;
  readonly http: number;
  readonly grpc: GrpcCode;
  readonly exit: ExitCode;
  readonly details: ErrorDetails;
  /** What the row's templates were filled with. */
  readonly params: Readonly<Record<string, string | number>>;

  constructor(
    code: ErrorCode,
    params: Readonly<Record<string, string | number>>,
    details: ErrorDetails = {},
  ) {
    const row: ErrorRow = catalogue[code];
    super(fill(row.message, params), details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.remedy = fill(row.remedy, params);
    this.http = row.http;
    this.grpc = row.grpc;
    this.exit = row.exit;
    this.details = details;
    this.params = params;
  }

  /** The same error, carrying further faults of the same pass. */
  withOthers(others: readonly MdeployError[]): MdeployError {
    return new MdeployError(this.code, this.params, { ...this.details, others });
  }

  /** The same error, and those it carries, with their places seen through `at`. */
  placed(at: (place: ErrorLocation) => ErrorLocation): MdeployError {
    const { at: here, others, ...rest } = this.details;
    const error = new MdeployError(this.code, this.params, {
      ...rest,
      ...(here && { at: at(here) }),
      ...(others && { others: others.map((other) => other.placed(at)) }),
    });
    if (this.stack !== undefined) error.stack = this.stack;
    return error;
  }
}

/** Makes (does not throw) the error of a catalogue row; the parameters are those its templates name. */
export function failure<C extends ErrorCode>(
  code: C,
  params: RowParams<(typeof catalogue)[C]>,
  details: ErrorDetails = {},
): MdeployError {
  return new MdeployError(code, params as Readonly<Record<string, string | number>>, details);
}

/** Wraps what is not ours as `INTERNAL`, so that every error leaving a boundary has a row. */
export function asMdeployError(error: unknown): MdeployError {
  if (error instanceof MdeployError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return failure('INTERNAL', { reason }, { cause: error });
}

// Control characters, line separators and terminal escapes in a value must not forge log lines or terminal output.
function fill(template: string, params: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{(\w+)\}/g, (_, key: string) => printable(String(params[key] ?? '')));
}

/** A value from outside made safe for one line of a log or a terminal; cut at 400 characters. */
export function printable(value: string): string {
  const clean = value.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (c) =>
    c === '\n' ? '\\n' : `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return clean.length > 400 ? `${clean.slice(0, 400)}…` : clean;
}
