import { failure } from '../../core/errors/error.ts';
import type { Datatype, Tensor, TensorSpec } from '../../core/tensor.ts';
import { ElementFault, passedText } from './element-fault.ts';
import type { ElementStore, Room } from './element-store.ts';
import { FloatStore } from './float-store.ts';
import { Float32Store } from './float32-store.ts';
import { BigIntegerStore, IntegerStore } from './integer-stores.ts';
import type { JsonCursor } from './json-cursor.ts';
import { LengthFault, NestingFault } from './nesting-fault.ts';
import { BoolStore, BytesStore } from './other-stores.ts';

export interface TensorOptions {
  /** Integers must be written as integers: `1.0` is refused. */
  readonly strictIntegers?: boolean;
  readonly maxElements?: number;
}

/**
 * Reads one tensor, or the same tensor of row after row, from JSON bytes straight into its typed array: nested lists
 * of any rank, a bare value for rank 0. The first value met sets the rank, the first list of each level its length.
 */
export class JsonTensor {
  readonly #spec: Pick<TensorSpec, 'name' | 'datatype'>;
  readonly #store: ElementStore;
  /** Length per level; -1 until its first list is complete. */
  readonly #shape: number[] = [];
  #rank = -1;
  /** Lists and values passed on each level above the current one. */
  readonly #path: number[] = [];
  #rows = 0;
  #rowStart = -1;

  constructor(cursor: JsonCursor, spec: TensorSpec, options: TensorOptions = {}) {
    const room = { name: spec.name, expected: perRow(spec), limit: options.maxElements ?? 2 ** 26 };
    this.#spec = spec;
    this.#store = stores[spec.datatype](cursor, room, options.strictIntegers ?? false);
  }

  /**
   * Reads the value the cursor stands on. `row`: where it stands in a list of rows, for messages.
   * @throws MdeployError `INPUT_VALUE`, `INPUT_RAGGED`, `INPUT_NESTING` with the index path in `field` and the
   * `ElementFault`, `LengthFault` or `NestingFault` as cause; `BODY_MALFORMED`, `JSON_TOO_DEEP`
   */
  read(cursor: JsonCursor, row?: number): this {
    this.#path.length = 0;
    this.#rowStart = -1;
    try {
      if (cursor.bytes[cursor.at] === OPEN_LIST) this.#list(cursor, 0);
      else {
        this.#leaf(cursor, 0);
        this.#store.one(cursor);
      }
    } catch (error) {
      throw this.#explain(error, row);
    }
    this.#rows++;
    return this;
  }

  /** The tensor of one `read`. */
  tensor(): Tensor {
    return this.#make(this.#shape);
  }

  /** The tensor of all `read`s, stacked along a new first axis. */
  stacked(): Tensor {
    return this.#make([this.#rows, ...this.#shape]);
  }

  /** Values read so far. */
  get count(): number {
    return this.#rows;
  }

  #make(shape: readonly number[]): Tensor {
    const { name, datatype } = this.#spec;
    return { name, datatype, shape, data: this.#store.take() };
  }

  #list(cursor: JsonCursor, level: number): void {
    if (this.#rank >= 0 && level >= this.#rank) throw this.#misplaced(cursor, 'list', level);
    let length = 0;
    for (let more = cursor.firstItem(); more; more = cursor.nextItem()) {
      this.#path[level] = length;
      if (cursor.bytes[cursor.at] === OPEN_LIST) {
        this.#list(cursor, level + 1);
        length++;
      } else {
        this.#leaf(cursor, level + 1);
        length = this.#row(cursor);
        break;
      }
    }
    this.#path.length = level;
    this.#rowStart = -1;
    if (this.#rank < 0) this.#rank = level + 1;
    const expected = this.#shape[level] ?? -1;
    if (expected < 0) this.#shape[level] = length;
    else if (expected !== length) throw new LengthFault(level, length, expected);
  }

  // The whole innermost list at once: this is where the time goes.
  #row(cursor: JsonCursor): number {
    const before = this.#store.count;
    this.#rowStart = before;
    this.#store.row(cursor);
    return this.#store.count - before;
  }

  #leaf(cursor: JsonCursor, level: number): void {
    if (this.#rank < 0) {
      this.#rank = level;
      for (let index = 0; index < level; index++) this.#shape[index] ??= -1;
    } else if (this.#rank !== level) throw this.#misplaced(cursor, 'value', level);
  }

  #misplaced(cursor: JsonCursor, kind: 'list' | 'value', level: number): NestingFault {
    return new NestingFault(kind, { level, rank: this.#rank }, passedText(cursor));
  }

  #explain(error: unknown, row: number | undefined): unknown {
    const path = this.#path.slice();
    if (error instanceof ElementFault && this.#rowStart >= 0)
      path[path.length - 1] = this.#store.count - this.#rowStart;
    const place = (row === undefined ? path : [row, ...path]).map((index) => `[${index}]`).join('');
    return explain(this.#asNesting(error), this.#spec.name, place);
  }

  // The row readers know elements only; a list among them is a matter of nesting.
  #asNesting(error: unknown): unknown {
    if (!(error instanceof ElementFault) || error.type !== 'Array') return error;
    return new NestingFault('list', { level: this.#rank, rank: this.#rank }, error.text);
  }
}

function explain(fault: unknown, name: string, place: string): unknown {
  const where = place && ` at ${place}`;
  const field = `${name}${place}`;
  if (fault instanceof ElementFault) {
    const facts = { expected: fault.expected, received: fault.text };
    return failure('INPUT_VALUE', { name, where, ...facts }, { field, ...facts, cause: fault });
  }
  if (fault instanceof LengthFault) {
    const facts = { expected: String(fault.expected), received: String(fault.length) };
    return failure('INPUT_RAGGED', { name, where, ...facts }, { field, ...facts, cause: fault });
  }
  if (fault instanceof NestingFault) {
    const facts =
      fault.kind === 'list'
        ? { expected: 'values', received: 'a list' }
        : { expected: 'lists', received: 'a value' };
    return failure('INPUT_NESTING', { name, where, ...facts }, { field, ...facts, cause: fault });
  }
  return fault;
}

// An axis of unknown length counts once: for most models that is one row.
function perRow(spec: TensorSpec): number {
  let count = 1;
  for (const dim of spec.shape ?? []) if (typeof dim === 'number') count *= dim;
  return count;
}

type MakeStore = (cursor: JsonCursor, room: Room, strict: boolean) => ElementStore;

const stores: Readonly<Record<Datatype, MakeStore>> = {
  BOOL: (cursor, room) => new BoolStore(cursor, room),
  UINT8: (cursor, room, strict) => new IntegerStore(cursor, room, 'UINT8', strict),
  UINT16: (cursor, room, strict) => new IntegerStore(cursor, room, 'UINT16', strict),
  UINT32: (cursor, room, strict) => new IntegerStore(cursor, room, 'UINT32', strict),
  UINT64: (cursor, room, strict) => new BigIntegerStore(cursor, room, 'UINT64', strict),
  INT8: (cursor, room, strict) => new IntegerStore(cursor, room, 'INT8', strict),
  INT16: (cursor, room, strict) => new IntegerStore(cursor, room, 'INT16', strict),
  INT32: (cursor, room, strict) => new IntegerStore(cursor, room, 'INT32', strict),
  INT64: (cursor, room, strict) => new BigIntegerStore(cursor, room, 'INT64', strict),
  FP16: (cursor, room) => new FloatStore(cursor, room, 'FP16'),
  FP32: (cursor, room) => new Float32Store(cursor, room),
  FP64: (cursor, room) => new FloatStore(cursor, room, 'FP64'),
  BYTES: (cursor, room) => new BytesStore(cursor, room),
};

const OPEN_LIST = 0x5b;
