import { malformed } from '../malformed.ts';
import type { Input, Reader, Row } from '../reader.ts';

/**
 * RFC 4180: commas, quotes doubled inside quotes, CRLF or LF. The first line is a header when none of its cells is a
 * number. Cells that are numbers stay numbers with all their digits; quoted cells are always text.
 */
export const csv: Reader = {
  summary: 'comma-separated rows, with or without a header line',
  endings: ['.csv'],
  read(bytes, file): Input {
    const text = new TextDecoder('utf-8').decode(bytes);
    const lines = parse(text, file);
    const first = lines[0];
    if (!first) throw malformed('CSV', file, 'it is empty');
    const separator = otherSeparator(lines);
    if (separator)
      throw malformed('CSV', file, `its cells are separated by ${separator}, not by commas`, {
        line: first.line,
      });
    const hasHeader = first.cells.every((cell) => !isNumber(cell));
    const rows = hasHeader ? lines.slice(1) : lines;
    if (rows.length === 0) throw malformed('CSV', file, 'it has a header and no rows');
    for (const { cells, line } of rows) {
      if (cells.length === first.cells.length) continue;
      const reason = `line ${line} has ${cells.length} cells where line 1 has ${first.cells.length}`;
      throw malformed('CSV', file, reason, { line });
    }
    return {
      kind: 'rows',
      columns: hasHeader ? first.cells.map(({ text }) => text.trim()) : undefined,
      ...(hasHeader && { header: toRow(first.cells) }),
      rows: rows.map(({ cells }) => toRow(cells)),
    };
  },
};

// Spreadsheets of half of Europe write semicolons; text may hold some, rows of numbers do not.
function otherSeparator(lines: readonly Line[]): string | undefined {
  if (lines.some(({ cells }) => cells.length > 1)) return undefined;
  const isSplitBy = (mark: string) =>
    lines.some(({ cells }) => {
      const parts = cells[0]!.text.split(mark);
      return parts.length > 1 && parts.every((text) => isNumber({ text, quoted: false }));
    });
  if (isSplitBy(';')) return 'semicolons';
  return isSplitBy('\t') ? 'tabs' : undefined;
}

interface Cell {
  readonly text: string;
  readonly quoted: boolean;
}

interface Line {
  readonly cells: readonly Cell[];
  readonly line: number;
}

// One match per cell: a quoted cell or a bare one, then what ends it.
const cellPattern = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;

function parse(text: string, file: string): Line[] {
  const lines: Line[] = [];
  let cells: Cell[] = [];
  let line = 1;
  let startLine = 1;
  cellPattern.lastIndex = 0;
  while (cellPattern.lastIndex < text.length || cells.length > 0) {
    const match = cellPattern.exec(text);
    if (!match) throw malformed('CSV', file, `line ${line} has a quote in the wrong place`, { line });
    const [all, quoted, bare = '', end] = match;
    cells.push({ text: quoted?.replaceAll('""', '"') ?? bare, quoted: quoted !== undefined });
    line += all.split('\n').length - 1;
    if (end === ',') continue;
    const isBlank = cells.length === 1 && !cells[0]!.quoted && cells[0]!.text.trim() === '';
    if (!isBlank) lines.push({ cells, line: startLine });
    cells = [];
    startLine = line;
  }
  return lines;
}

function toRow(cells: readonly Cell[]): Row {
  return cells.map((cell) => (isNumber(cell) ? toJson(cell.text.trim()) : JSON.stringify(cell.text)));
}

function isNumber({ text, quoted }: Cell): boolean {
  return !quoted && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim());
}

// JSON allows neither `+1`, `.5`, `5.` nor `007`; whole numbers keep every digit.
function toJson(text: string): string {
  if (/^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i.test(text)) return text;
  return /^[+-]?\d+$/.test(text) ? BigInt(text).toString() : String(Number(text));
}
