import { failure } from '../core/errors/error.ts';
import type { Collector } from './collector.ts';
import { entryTags, sparseTags, tensorTags } from './fields.ts';

export interface TensorHead {
  readonly name: string;
  /** Product of the dims. */
  readonly elements: number;
}

/** Reads the head of a TensorProto and notes its external data; values are skipped, never copied. */
export function readTensor(to: Collector, position: string): TensorHead {
  const { reader } = to;
  let name = '';
  let elements = 1;
  let external = false;
  const entries: [key: string, value: string][] = [];
  const multiply = (): void => {
    elements *= Math.max(0, reader.integer());
  };
  reader.message((tag) => {
    if (tag === tensorTags.name) name = reader.name();
    else if (tag === tensorTags.dim) multiply();
    else if (tag === tensorTags.packedDims) reader.packed(multiply);
    else if (tag === tensorTags.dataLocation) external = reader.integer() === 1;
    else if (tag === tensorTags.externalData) entries.push(readEntry(to));
  });
  if (external) noteExternal(to, name, position, entries);
  return { name, elements: Math.min(elements, Number.MAX_SAFE_INTEGER) };
}

/** Reads a SparseTensorProto, whose name is that of its values. */
export function readSparseTensor(to: Collector, position: string): TensorHead {
  let values: TensorHead = { name: '', elements: 0 };
  to.reader.message((tag) => {
    if (tag === sparseTags.values) values = readTensor(to, `${position}.values`);
    else if (tag === sparseTags.indices) readTensor(to, `${position}.indices`);
  });
  return values;
}

function readEntry(to: Collector): [key: string, value: string] {
  const { reader } = to;
  let key = '';
  let value = '';
  reader.message((tag) => {
    if (tag === entryTags.key) key = reader.name();
    else if (tag === entryTags.value) value = reader.name();
  });
  reader.keep(key.length + value.length);
  return [key, value];
}

function noteExternal(to: Collector, tensor: string, position: string, entries: [string, string][]): void {
  const { reader } = to;
  const invalid = (reason: string): Error => {
    const file = reader.source.label;
    return failure('EXTERNAL_DATA_INVALID', { file, tensor, reason }, { at: { file, path: position } });
  };
  const known = new Map(entries);
  // A parser that takes the first of two locations and one that takes the last would open different files.
  if (known.size !== entries.length) throw invalid('a key is given twice');
  const location = known.get('location');
  if (!location) throw invalid('it has no location');
  const number = (key: string): number | undefined => {
    const text = known.get(key);
    if (text === undefined) return undefined;
    if (!/^\d{1,15}$/.test(text)) throw invalid(`its ${key} is "${text}"`);
    return Number(text);
  };
  const length = number('length');
  reader.keep(tensor.length + location.length + position.length);
  to.externalData.push({
    tensor,
    position,
    location,
    offset: number('offset') ?? 0,
    ...(length !== undefined && { length }),
  });
}
