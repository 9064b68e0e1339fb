import { decodeFloat16 } from '../../core/float16.ts';
import type { Tensor } from '../../core/tensor.ts';

/**
 * The best classes of each row as strings `value:index` or `value:index:label`, best first (classification extension).
 * @param isBatched the first axis counts rows; else the whole tensor is one
 * @returns BYTES of shape `[rows, n]`, or `[n]` when not batched; n is at most the number of classes
 */
export function classify(
  tensor: Tensor,
  classes: number,
  isBatched: boolean,
  labels: readonly string[] = [],
): Tensor {
  const values = numbersOf(tensor);
  const rows = isBatched ? (tensor.shape[0] ?? 1) : 1;
  const perRow = rows === 0 ? 0 : values.length / rows;
  const count = Math.min(classes, perRow);
  const show = tensor.datatype.startsWith('FP') ? showFloat : String;
  const data: string[] = [];
  for (let row = 0; row < rows; row++) {
    const start = row * perRow;
    const order = Array.from({ length: perRow }, (_, index) => index);
    order.sort((a, b) => descending(values[start + a]!, values[start + b]!));
    for (const index of order.slice(0, count)) {
      const label = labels[index];
      data.push(`${show(values[start + index]!)}:${index}${label === undefined ? '' : `:${label}`}`);
    }
  }
  return { name: tensor.name, datatype: 'BYTES', shape: isBatched ? [rows, count] : [count], data };
}

function numbersOf({ datatype, data }: Tensor): ArrayLike<number | bigint> {
  if (datatype === 'FP16') return Float32Array.from(data as Uint16Array, decodeFloat16);
  return data as ArrayLike<number | bigint>;
}

// What is no number is no candidate: last.
function descending(a: number | bigint, b: number | bigint): number {
  if (a === b) return 0;
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a > b ? -1 : 1;
}

// As C++ std::to_string writes it.
function showFloat(value: number | bigint): string {
  const number = Number(value);
  if (Number.isNaN(number)) return 'nan';
  if (!Number.isFinite(number)) return number > 0 ? 'inf' : '-inf';
  return Math.abs(number) < 1e21 ? number.toFixed(6) : `${BigInt(number)}.000000`;
}
