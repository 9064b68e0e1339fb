import { parseLoose } from './loose-json.ts';

/** A server's answer with every digit of its whole numbers: those beyond 2^53 become bigints. */
export function parseAnswer(text: string): unknown {
  return parseLoose(text, exact);
}

/** An answer as a table: one line per row of the batch, one column per output. */
export function answerTable(answer: unknown): string {
  const columns = columnsOf(answer);
  const rows = Math.max(0, ...columns.map(({ cells }) => cells.length));
  const lines = [columns.map(({ title }) => title)];
  for (let row = 0; row < rows; row++) lines.push(columns.map(({ cells }) => cells[row] ?? ''));
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => line[at]!.length)));
  return lines
    .map((line) =>
      line
        .map((cell, at) => cell.padEnd(widths[at]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

interface Column {
  readonly title: string;
  readonly cells: readonly string[];
}

// `predictions` holds rows, `outputs` holds columns (TF Serving's two formats).
function columnsOf(answer: unknown): Column[] {
  if (!isObject(answer)) return rows(answer);
  if ('predictions' in answer) return rows(answer.predictions);
  const outputs = 'outputs' in answer ? answer.outputs : answer;
  if (!isObject(outputs)) return rows(outputs);
  return Object.entries(outputs).map(([title, cells]) => ({ title, cells: cellsOf(cells) }));
}

function rows(value: unknown): Column[] {
  if (isObject(value)) return columnsOfOne(value);
  if (Array.isArray(value) && value.length > 0 && value.every(isObject)) {
    return value.length === 1 ? columnsOfOne(value[0]!) : columnsOfRows(value);
  }
  return [{ title: 'prediction', cells: cellsOf(value) }];
}

// One row whose outputs are lists of one length, as `top_k` gives them, reads best downwards.
function columnsOfOne(row: Readonly<Record<string, unknown>>): Column[] {
  const lengths = new Set(Object.values(row).map((value) => (Array.isArray(value) ? value.length : -1)));
  if (lengths.size !== 1 || lengths.has(-1)) return columnsOfRows([row]);
  return Object.entries(row).map(([title, cells]) => ({ title, cells: cellsOf(cells) }));
}

function columnsOfRows(rows: readonly Readonly<Record<string, unknown>>[]): Column[] {
  const titles = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  return titles.map((title) => ({ title, cells: rows.map((row) => (title in row ? cell(row[title]) : '')) }));
}

function cellsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.map(cell) : [cell(value)];
}

function cell(value: unknown): string {
  if (Array.isArray(value))
    return value.every((inner) => !Array.isArray(inner)) ? value.map(cell).join(' ') : JSON.stringify(value);
  if (typeof value === 'string') return printable(value);
  return typeof value === 'bigint' ? String(value) : (JSON.stringify(value, bigintAsText) ?? '');
}

// `source` is the number as it was written (ECMAScript 2026, in Node since 22).
function exact(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  return context?.source && /^-?\d+$/.test(context.source) ? BigInt(context.source) : value;
}

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

// What a server sends must not steer the terminal.
function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, '·');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
