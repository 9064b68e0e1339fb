import { isUtf8 } from 'node:buffer';
import { failure } from '../../core/errors/error.ts';

/**
 * The cells of a CSV document (RFC 4180, UTF-8): quotes may hold commas, line ends and doubled quotes. Blank lines are
 * passed over, and so is a byte order mark.
 * @throws MdeployError `BODY_MALFORMED`; `REQUEST_INVALID` when lines have different lengths or there are too many cells
 */
export function readCsv(body: Uint8Array): readonly (readonly string[])[] {
  if (!isUtf8(body)) throw malformed('it is not UTF-8');
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
    .toString('utf8')
    .replace(/^\ufeff/, '');
  const scan = new Scan(text);
  const rows: string[][] = [];
  for (let row = scan.row(); row !== undefined; row = scan.row()) rows.push(row);
  const width = rows[0]?.length ?? 0;
  const stray = rows.findIndex(({ length }) => length !== width);
  if (stray >= 0) throw ragged(stray, rows[stray]!.length, width);
  return rows;
}

class Scan {
  readonly #text: string;
  #at = 0;
  #rows = 0;
  #cells = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The cells of the next line that is not blank; undefined at the end. */
  row(): string[] | undefined {
    const text = this.#text;
    while (this.#at < text.length && isLineEnd(text.charCodeAt(this.#at))) this.#at++;
    if (this.#at >= text.length) return undefined;
    this.#rows++;
    const cells: string[] = [];
    for (;;) {
      if (++this.#cells > maxCells) throw tooMany();
      cells.push(this.#cell());
      if (text.charCodeAt(this.#at) !== COMMA) return cells;
      this.#at++;
    }
  }

  /** Stands behind the cell: on a comma, on a line end or at the end. */
  #cell(): string {
    const text = this.#text;
    const from = this.#at;
    let at = from;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === COMMA || isLineEnd(code)) break;
      if (code !== QUOTE) continue;
      if (text.slice(from, at).trim() === '') return this.#quoted(at + 1);
      throw malformed(`a quote stands inside a plain cell in row ${this.#rows}`);
    }
    this.#at = at;
    return text.slice(from, at);
  }

  #quoted(from: number): string {
    const text = this.#text;
    let end = text.indexOf('"', from);
    while (end >= 0 && text.charCodeAt(end + 1) === QUOTE) end = text.indexOf('"', end + 2);
    let at = end + 1;
    while (end >= 0 && (text.charCodeAt(at) === SPACE || text.charCodeAt(at) === TAB)) at++;
    const next = text.charCodeAt(at);
    if (end < 0 || (at < text.length && next !== COMMA && !isLineEnd(next)))
      throw malformed(`a quoted cell has no proper end in row ${this.#rows}`);
    this.#at = at;
    return text.slice(from, end).replaceAll('""', '"');
  }
}

function isLineEnd(code: number): boolean {
  return code === LINE_FEED || code === CARRIAGE_RETURN;
}

function malformed(reason: string) {
  return failure('BODY_MALFORMED', { format: 'CSV', reason });
}

function ragged(row: number, received: number, expected: number) {
  const problem = `Row ${row + 1} has ${received} cells where the first has ${expected}.`;
  const details = { field: `[${row}]`, expected: String(expected), received: String(received) };
  return failure('REQUEST_INVALID', { problem, fix: 'Give every row the same number of cells.' }, details);
}

function tooMany() {
  const problem = `The table has more than ${maxCells} cells.`;
  return failure('REQUEST_INVALID', { problem, fix: 'Send fewer rows at once.' });
}

/** Each costs some fifty bytes of memory, however short. */
const maxCells = 2 ** 23;

const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
