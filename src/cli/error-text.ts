import type { ErrorLocation, MdeployError } from '../core/errors/error.ts';

export type Paint = (style: 'red' | 'yellow' | 'bold' | 'dim', text: string) => string;

/** Faults of one pass that a terminal shows; `--json` has all. */
const maxShown = 20;

/** The `--json` form of an error: the only thing on stdout when a verb fails. `others` are further faults of the same pass. */
export function errorDocument(error: MdeployError): { schema_version: 1; error: object } {
  const others = error.details.others?.map(fields);
  return { schema_version: 1, error: { ...fields(error), ...(others && { others }) } };
}

/** The form for people: code and message, where, expected, received, remedy; the chain of causes with `verbose`. */
export function errorText(error: MdeployError, paint: Paint, verbose: boolean): string {
  const all = [error, ...(error.details.others ?? [])];
  const shown = all.slice(0, maxShown).map((one) => oneText(one, paint, verbose));
  const left = all.length - shown.length;
  if (left > 0) shown.push(`and ${left} more; --json shows all.\n`);
  return shown.join('');
}

function fields(error: MdeployError): object {
  const { at, field, expected, received } = error.details;
  return {
    code: error.code,
    message: error.message,
    remedy: error.remedy,
    ...(at && { at }),
    ...(field !== undefined && { field }),
    ...(expected !== undefined && { expected }),
    ...(received !== undefined && { received }),
  };
}

function oneText(error: MdeployError, paint: Paint, verbose: boolean): string {
  const { at, field, expected, received } = error.details;
  const lines = [`${paint('red', 'error')} ${paint('bold', error.code)}: ${error.message}`];
  const line = (label: string, text: string | undefined) => {
    if (text !== undefined && text !== '') lines.push(`  ${paint('dim', label.padEnd(9))} ${oneLine(text)}`);
  };
  line('where', at && place(at));
  line('field', field);
  line('expected', expected);
  line('received', received);
  line('fix', error.remedy);
  if (verbose) lines.push(paint('dim', chain(error)));
  return `${lines.join('\n')}\n`;
}

/** `model.yaml:7:12 inputs[0].shape`, the form editors and terminals make clickable. */
export function place(at: ErrorLocation): string {
  const position = [at.file, at.line, at.column].filter((part) => part !== undefined).join(':');
  return [position, at.path].filter((part) => part !== undefined && part !== '').join(' ');
}

function chain(error: Error): string {
  const stack = error.stack ?? String(error);
  return error.cause instanceof Error ? `${stack}\ncaused by: ${chain(error.cause)}` : stack;
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ');
}
