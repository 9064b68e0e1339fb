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
  const rows: string[][] = [];
  let row: string[] = [];
  let cells = 0;
  cell.lastIndex = 0;
  while (cell.lastIndex < text.length) {
    const at = cell.lastIndex;
    const [matched = '', quoted, plain, end] = cell.exec(text) ?? [];
    if (matched === '' && at < text.length) throw malformed(faultAt(text, at, rows.length));
    if (++cells > maxCells) throw tooMany();
    row.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end === ',') {
      if (cell.lastIndex === text.length) row.push('');
      else continue;
    }
    if (row.length > 1 || row[0] !== '' || quoted !== undefined) rows.push(row);
    row = [];
  }
  if (row.length > 0) rows.push(row);
  const width = rows[0]?.length ?? 0;
  const stray = rows.findIndex(({ length }) => length !== width);
  if (stray >= 0) throw ragged(stray, rows[stray]!.length, width);
  return rows;
}

// A quoted cell or a plain one, and what ends it.
const cell = /(?:[ \t]*"((?:[^"]|"")*)"[ \t]*|([^",\r\n]*))(,|\r\n|\n|\r|$)/y;

function faultAt(text: string, at: number, row: number): string {
  const isOpen = text.slice(at).trimStart().startsWith('"');
  return `${isOpen ? 'a quoted cell has no proper end' : 'a quote stands inside a plain cell'} in row ${row + 1}`;
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
