import type { Tensor } from '../../../src/core/tensor.ts';
import { writeTensor } from '../../../src/serve/codecs/json-write.ts';
import { JsonWriter } from '../../../src/serve/codecs/json-writer.ts';

/** Tensors as one JSON object by name, in nested lists. */
export function byName(tensors: readonly Tensor[]): string {
  return `{${tensors.map((tensor) => `${JSON.stringify(tensor.name)}:${value(tensor)}`).join(',')}}`;
}

/** One tensor as nested lists. */
export function value(tensor: Tensor): string {
  const writer = new JsonWriter();
  writeTensor(writer, tensor, { floats: 'shortest', nonFinite: 'token' });
  return Buffer.from(writer.take()).toString();
}

/** Tensors as a list of rows: values for one tensor, else objects by name. */
export function rowsBody(tensors: readonly Tensor[]): string {
  const [only] = tensors;
  if (tensors.length === 1 && only) return value(only);
  const list = Array.from({ length: only?.shape[0] ?? 0 }, (_, row) =>
    byName(tensors.map((tensor) => rowOf(tensor, row))),
  );
  return `[${list.join(',')}]`;
}

function rowOf({ name, datatype, shape, data }: Tensor, row: number): Tensor {
  const size = data.length / shape[0]!;
  return { name, datatype, shape: shape.slice(1), data: data.slice(row * size, (row + 1) * size) };
}

/** The outputs of a list of rows: the rows themselves for one output, else objects by name. */
export function rows(predictions: unknown, names: readonly string[]): ReadonlyMap<string, unknown> {
  if (names.length === 1) return new Map([[names[0]!, predictions]]);
  const list = predictions as Record<string, unknown>[];
  return new Map(names.map((name) => [name, list.map((row) => row[name])]));
}

/** Tensors as a data frame, `orient="split"`: one column per tensor. */
export function frameBody(tensors: readonly Tensor[]): string {
  const columns = tensors.map(({ name }) => JSON.stringify(name));
  const rows = Array.from(
    { length: tensors[0]?.shape[0] ?? 0 },
    (_, row) => `[${tensors.map((tensor) => value(rowOf(tensor, row))).join(',')}]`,
  );
  return `{"columns":[${columns.join(',')}],"data":[${rows.join(',')}]}`;
}

/** JSON.parse, but with numbers beyond 2^53 as texts: only these are exact. */
export function exactJson(json: string): unknown {
  return JSON.parse(
    json.replace(/"(?:[^"\\]|\\.)*"|(?<![\w.+-])-?\d{16,}(?![\d.eE])/g, (token) =>
      token.startsWith('"') ? token : `"${token}"`,
    ),
  );
}
