import { failure } from '../../core/errors/error.ts';
import { encodeFloat16 } from '../../core/float16.ts';
import {
  type AnyTensorData,
  allocate,
  type Datatype,
  type Tensor,
  type TensorSpec,
} from '../../core/tensor.ts';
import { readCsv } from './csv.ts';
import { expectations } from './element-fault.ts';
import { planTable, type TabularModel } from './table.ts';

/**
 * The model's inputs from a CSV document.
 * @param hasHeader the first line has the names of the columns
 * @throws MdeployError as `readCsv` and `planTable`; `INPUT_VALUE`
 */
export function readCsvTable(body: Uint8Array, model: TabularModel, hasHeader: boolean): readonly Tensor[] {
  const lines = readCsv(body);
  if (lines.length === 0) throw failure('BODY_MALFORMED', { format: 'CSV', reason: 'it is empty' });
  const names = hasHeader ? lines[0]!.map((name) => name.trim()) : undefined;
  const rows = hasHeader ? lines.slice(1) : lines;
  const plan = planTable({ names, width: lines[0]!.length }, model);
  return plan.assemble(plan.targets.map((target, place) => target && readColumn(rows, place, target)));
}

function readColumn(rows: readonly (readonly string[])[], place: number, target: TensorSpec): Tensor {
  const { name, datatype } = target;
  const data = allocate(datatype, rows.length);
  const read = readers[datatype];
  rows.forEach((row, index) => {
    const text = row[place]!;
    const value = read(text.trim(), text);
    if (value === undefined) throw wrongCell(target, index, text);
    (data as Writable)[index] = value;
  });
  return { name, datatype, shape: [rows.length], data };
}

type Element = AnyTensorData[number];
type Writable = { [index: number]: Element };
/** Undefined: the text is no value of the datatype. */
type ReadCell = (trimmed: string, text: string) => Element | undefined;

function integer(bits: number, isSigned: boolean): ReadCell {
  const low = isSigned ? -(2n ** BigInt(bits - 1)) : 0n;
  const high = 2n ** BigInt(isSigned ? bits - 1 : bits) - 1n;
  return (text) => {
    // pandas writes integers of a column that had an empty cell as 1.0.
    const digits = /^([+-]?\d{1,40})(?:\.0*)?$/.exec(text)?.[1];
    if (digits === undefined) return undefined;
    const value = BigInt(digits.replace('+', ''));
    if (value < low || value > high) return undefined;
    return bits === 64 ? value : Number(value);
  };
}

/** @param limit the least size that is rounded to infinity */
function float(limit: number, store: (value: number) => number): ReadCell {
  return (text) => {
    const plain = Number(text);
    // Most cells are; what JavaScript takes beside decimals (0x1f, nothing at all) is looked at below.
    if (plain - plain === 0 && Math.abs(plain) < limit && decimal.test(text)) return store(plain);
    const word = text.toLowerCase();
    if (empty.has(word)) return store(Number.NaN);
    if (/^[+-]?inf(?:inity)?$/.test(word)) return store(word.startsWith('-') ? -Infinity : Infinity);
    return undefined;
  };
}

function wrongCell({ name, datatype }: TensorSpec, row: number, text: string) {
  const facts = { expected: expectations[datatype], received: JSON.stringify(text.slice(0, 64)) };
  return failure(
    'INPUT_VALUE',
    { name, where: ` at [${row}]`, ...facts },
    { field: `${name}[${row}]`, ...facts },
  );
}

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

// What pandas reads as an empty cell, in lower case.
const empty = new Set(['', 'nan', '-nan', 'na', 'n/a', '#n/a', '<na>', 'null', 'none']);
const booleans = new Map([
  ['true', 1],
  ['1', 1],
  ['false', 0],
  ['0', 0],
]);

const readers: Readonly<Record<Datatype, ReadCell>> = {
  BOOL: (text) => booleans.get(text.toLowerCase()),
  UINT8: integer(8, false),
  UINT16: integer(16, false),
  UINT32: integer(32, false),
  UINT64: integer(64, false),
  INT8: integer(8, true),
  INT16: integer(16, true),
  INT32: integer(32, true),
  INT64: integer(64, true),
  FP16: float(65_520, encodeFloat16),
  // Halfway between the largest FP32 and the power of two after it.
  FP32: float(3.4028235677973366e38, (value) => value),
  FP64: float(Infinity, (value) => value),
  BYTES: (_, text) => text,
};
