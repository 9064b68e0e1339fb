import { decodeFloat16 } from '../core/float16.ts';
import type { BytesElement, Tensor, TensorSpec } from '../core/tensor.ts';
import type { Input, Row } from './reader.ts';

type Named = Exclude<Input, { kind: 'document' }>;

/**
 * An input as the JSON document that both `/predict` and TF Serving's predict take: `{"inputs": …}`, numbers with all
 * their digits.
 * @param specs asked only where the names of the model's inputs decide: CSV with a header
 */
export async function toJson(input: Named, specs: () => Promise<readonly TensorSpec[]>): Promise<string> {
  if (input.kind === 'file') return `{"inputs": [{"b64": "${Buffer.from(input.bytes).toString('base64')}"}]}`;
  if (input.kind === 'rows') return `{"inputs": ${await rowsToJson(input, specs)}}`;
  const [only, ...more] = input.tensors;
  if (only && more.length === 0 && only.name === '') return `{"inputs": ${tensorToJson(only)}}`;
  const entries = input.tensors.map((tensor) => `${JSON.stringify(tensor.name)}: ${tensorToJson(tensor)}`);
  return `{"inputs": {${entries.join(', ')}}}`;
}

// A header names the model's inputs, or else only the features of its one input, which have no names in a tensor.
async function rowsToJson(
  { columns, header, rows }: Extract<Input, { kind: 'rows' }>,
  specs: () => Promise<readonly TensorSpec[]>,
): Promise<string> {
  const inputs = columns === undefined ? [] : await specs();
  const byName = new Map(inputs.map((spec) => [spec.name, spec]));
  const isText = inputs.length > 0 && inputs.every(({ datatype }) => datatype === 'BYTES');
  // Where all is text, words in the first line do not make it a header: dropping it would lose a row.
  const whole = header && isText ? [header, ...rows] : rows;
  if (columns?.some((column) => byName.has(column)) !== true) return list(whole.map(list));
  const entries = columns.map((column, index) => {
    const isColumnVector = byName.get(column)?.shape?.length !== 1;
    const cells = rows.map((row) => (isColumnVector ? `[${row[index]}]` : row[index]!));
    return `${JSON.stringify(column)}: ${list(cells)}`;
  });
  return `{${entries.join(', ')}}`;
}

function tensorToJson(tensor: Tensor): string {
  const { datatype, data, shape } = tensor;
  const element = (index: number): string => {
    const value = data[index] as number | bigint | BytesElement;
    if (datatype === 'BOOL') return value === 0 ? 'false' : 'true';
    if (datatype === 'FP16') return number(decodeFloat16(value as number));
    if (datatype === 'FP32') return number(shortest(value as number));
    if (typeof value === 'number') return number(value);
    if (typeof value === 'bigint') return value.toString();
    return typeof value === 'string'
      ? JSON.stringify(value)
      : `{"b64": "${Buffer.from(value).toString('base64')}"}`;
  };
  let at = 0;
  const level = (axis: number): string => {
    if (axis === shape.length) return element(at++);
    return list(Array.from({ length: shape[axis]! }, () => level(axis + 1)));
  };
  return level(0);
}

/** TF Serving's spelling of what JSON has no number for. */
function number(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  return Object.is(value, -0) ? '-0.0' : String(value);
}

/** The fewest digits that round back to the same FP32: 0.1, not 0.10000000149011612. */
function shortest(value: number): number {
  if (!Number.isFinite(value) || value === 0) return value;
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return short;
  }
  return value;
}

function list(parts: readonly string[] | Row): string {
  return `[${parts.join(', ')}]`;
}
