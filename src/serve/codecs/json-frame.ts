import { failure, type MdeployError } from '../../core/errors/error.ts';
import type { Tensor, TensorSpec } from '../../core/tensor.ts';
import { JsonCursor } from './json-cursor.ts';
import { invalid, wrongField } from './json-fields.ts';
import { JsonTensor } from './json-tensor.ts';
import { planTable, type TablePlan, type TabularModel } from './table.ts';

/**
 * A data frame by rows, as pandas writes `orient="split"`: `{"columns": […], "data": [[…], …]}`; `columns` may be left
 * out, `index` is passed over. An empty cell of a float column (`null`) is NaN.
 * @throws MdeployError as `planTable`; `INPUT_VALUE`, `INPUT_RAGGED`, `BODY_MALFORMED`, `JSON_TOO_DEEP`
 */
export function readSplit(cursor: JsonCursor, model: TabularModel, field: string): readonly Tensor[] {
  if (cursor.bytes[cursor.at] !== OPEN_OBJECT) throw wrongField(cursor, field, 'an object with "data"');
  let names: string[] | undefined;
  let waiting: { readonly at: number; readonly depth: number } | undefined;
  let tensors: readonly Tensor[] | undefined;
  for (let key = cursor.firstKey(); key !== undefined; key = cursor.nextKey()) {
    if (key === 'columns') names = readNames(cursor, `${field}.columns`);
    else if (key !== 'data') cursor.skip();
    else if (names) tensors = readData(cursor, names, model, `${field}.data`);
    else {
      waiting = { at: cursor.at, depth: cursor.depth };
      cursor.skip();
    }
  }
  if (tensors) return tensors;
  if (!waiting)
    throw invalid(field, `"${field}" has no "data".`, 'Send {"columns": [...], "data": [[...], ...]}.');
  const after = { at: cursor.at, depth: cursor.depth };
  Object.assign(cursor, waiting);
  tensors = readData(cursor, names, model, `${field}.data`);
  Object.assign(cursor, after);
  return tensors;
}

/**
 * A data frame as a list of objects, `orient="records"`. The first record orders the columns, where the manifest does
 * not name them; a value that a later record leaves out is an empty cell.
 * @throws MdeployError as `readSplit`; `COLUMN_MISSING`
 */
export function readRecords(cursor: JsonCursor, model: TabularModel, field: string): readonly Tensor[] {
  if (cursor.bytes[cursor.at] !== OPEN_LIST) throw wrongField(cursor, field, 'a list of objects');
  const names = firstKeys(cursor);
  const plan = planTable({ names, width: names.length }, model);
  const cells = new Cells(cursor, plan);
  const places = new Map(names.map((name, place) => [name, place]));
  let row = 0;
  for (let more = cursor.firstItem(); more; more = cursor.nextItem(), row++) {
    if (cursor.bytes[cursor.at] !== OPEN_OBJECT) throw wrongField(cursor, `${field}[${row}]`, 'an object');
    for (let key = cursor.firstKey(); key !== undefined; key = cursor.nextKey()) {
      const place = places.get(key);
      if (place === undefined) cursor.skip();
      else cells.read(cursor, place, row);
    }
    cells.fill(row, names);
  }
  return plan.assemble(cells.columns());
}

function readData(
  cursor: JsonCursor,
  names: readonly string[] | undefined,
  model: TabularModel,
  field: string,
): readonly Tensor[] {
  if (cursor.bytes[cursor.at] !== OPEN_LIST) throw wrongField(cursor, field, 'a list of rows');
  const width = names?.length ?? firstWidth(cursor);
  const plan = planTable({ names, width }, model);
  const cells = new Cells(cursor, plan);
  let row = 0;
  for (let more = cursor.firstItem(); more; more = cursor.nextItem(), row++) {
    const at = `${field}[${row}]`;
    if (cursor.bytes[cursor.at] !== OPEN_LIST) throw wrongField(cursor, at, 'a list of values');
    let place = 0;
    for (let cell = cursor.firstItem(); cell; cell = cursor.nextItem(), place++) {
      if (place < width) cells.read(cursor, place, row);
      else cursor.skip();
    }
    if (place !== width) throw ragged(at, width, place);
  }
  return plan.assemble(cells.columns());
}

/** One reader per column that the model takes. */
class Cells {
  readonly #readers: readonly (JsonTensor | undefined)[];
  readonly #targets: readonly (TensorSpec | undefined)[];

  constructor(cursor: JsonCursor, { targets }: TablePlan) {
    this.#targets = targets;
    this.#readers = targets.map((target) => target && new JsonTensor(cursor, target));
  }

  read(cursor: JsonCursor, place: number, row: number): void {
    const reader = this.#readers[place];
    const target = this.#targets[place];
    if (!reader || !target) cursor.skip();
    else if (reader.count > row)
      throw failure('INPUT_DUPLICATE', { name: target.name }, { field: target.name });
    else if (isFloat(target) && cursor.word('null')) reader.read(emptyCell(), row);
    else reader.read(cursor, row);
  }

  /** Empties the cells that a record has left out. */
  fill(row: number, names: readonly string[]): void {
    this.#readers.forEach((reader, place) => {
      const target = this.#targets[place];
      if (!reader || !target || reader.count > row) return;
      if (!isFloat(target)) throw missing(names[place]!, row, names);
      reader.read(emptyCell(), row);
    });
  }

  columns(): readonly (Tensor | undefined)[] {
    return this.#readers.map((reader) => reader?.stacked());
  }
}

function isFloat({ datatype }: TensorSpec): boolean {
  return datatype === 'FP32' || datatype === 'FP64' || datatype === 'FP16';
}

function emptyCell(): JsonCursor {
  return new JsonCursor(Buffer.from('NaN'), { nonFinite: true });
}

/** Names of columns; pandas numbers those that have none. */
function readNames(cursor: JsonCursor, field: string): string[] {
  if (cursor.bytes[cursor.at] !== OPEN_LIST) throw wrongField(cursor, field, 'a list of names');
  const names: string[] = [];
  for (let more = cursor.firstItem(); more; more = cursor.nextItem()) {
    const at = `${field}[${names.length}]`;
    if (cursor.bytes[cursor.at] === QUOTE) names.push(cursor.string());
    else {
      const start = cursor.at;
      const { from, to } = cursor.skip();
      const number = cursor.bytes.toString('latin1', from, Math.min(to, from + 32));
      if (!/^-?\d+$/.test(number)) {
        cursor.at = start;
        throw wrongField(cursor, at, 'a name');
      }
      names.push(number);
    }
  }
  return names;
}

function firstKeys(cursor: JsonCursor): string[] {
  return peeked(cursor, () => {
    const keys: string[] = [];
    if (!cursor.firstItem() || cursor.bytes[cursor.at] !== OPEN_OBJECT) return keys;
    for (let key = cursor.firstKey(); key !== undefined; key = cursor.nextKey()) {
      keys.push(key);
      cursor.skip();
    }
    return keys;
  });
}

function firstWidth(cursor: JsonCursor): number {
  return peeked(cursor, () => {
    let width = 0;
    if (!cursor.firstItem() || cursor.bytes[cursor.at] !== OPEN_LIST) return width;
    for (let more = cursor.firstItem(); more; more = cursor.nextItem()) {
      width++;
      cursor.skip();
    }
    return width;
  });
}

function peeked<T>(cursor: JsonCursor, look: () => T): T {
  const { at, depth } = cursor;
  const seen = look();
  cursor.at = at;
  cursor.depth = depth;
  return seen;
}

function ragged(field: string, expected: number, received: number): MdeployError {
  const facts = { expected: String(expected), received: String(received) };
  return failure('INPUT_RAGGED', { name: field, where: '', ...facts }, { field, ...facts });
}

function missing(name: string, row: number, columns: readonly string[]): MdeployError {
  return failure('COLUMN_MISSING', { name, columns: columns.join(', ') }, { field: `[${row}].${name}` });
}

const QUOTE = 0x22;
const OPEN_LIST = 0x5b;
const OPEN_OBJECT = 0x7b;
