import {
  type AnyTensorData,
  allocate,
  type BytesElement,
  elementCount,
  type Tensor,
} from '../core/tensor.ts';

/**
 * Puts requests one after the other along their first axis.
 * @param requests sets of tensors with the same names, datatypes and further axes, in the same order
 */
export function joinRows(requests: readonly (readonly Tensor[])[]): readonly Tensor[] {
  const [first] = requests;
  if (requests.length === 1 || !first) return first ?? [];
  return first.map((tensor, input) => {
    const parts = requests.map((request) => request[input]!);
    const rows = parts.reduce((sum, part) => sum + part.shape[0]!, 0);
    return { ...tensor, shape: [rows, ...tensor.shape.slice(1)], data: concat(parts) };
  });
}

/**
 * Takes joined outputs apart again; numbers are views of the same memory.
 * @param rows of each request, in their order
 * @returns the outputs of each request; undefined when an output has not one row per row of the requests
 */
export function splitRows(outputs: readonly Tensor[], rows: readonly number[]): Tensor[][] | undefined {
  const total = rows.reduce((sum, count) => sum + count, 0);
  if (outputs.some(({ shape }) => shape[0] !== total)) return undefined;
  let from = 0;
  return rows.map((count) => {
    const start = from;
    from += count;
    return outputs.map((tensor) => {
      const shape = [count, ...tensor.shape.slice(1)];
      const width = elementCount(tensor.shape.slice(1));
      return { ...tensor, shape, data: part(tensor.data, start * width, from * width) };
    });
  });
}

function concat(parts: readonly Tensor[]): AnyTensorData {
  const { datatype } = parts[0]!;
  if (datatype === 'BYTES') return parts.flatMap(({ data }) => data as BytesElement[]);
  const count = parts.reduce((sum, { data }) => sum + data.length, 0);
  const joined = allocate(datatype, count);
  let at = 0;
  for (const { data } of parts) {
    joined.set(data as never, at);
    at += data.length;
  }
  return joined;
}

function part(data: AnyTensorData, from: number, to: number): AnyTensorData {
  return Array.isArray(data) ? data.slice(from, to) : data.subarray(from, to);
}
