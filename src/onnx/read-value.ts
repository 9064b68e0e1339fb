import type { Datatype, Dim } from '../core/tensor.ts';
import type { Collector } from './collector.ts';
import { elementType } from './element-types.ts';
import { dimTags, elementTags, mapTags, shapeTags, tensorTypeTags, typeTags, valueTags } from './fields.ts';
import type { OnnxValue } from './model.ts';
import type { WireReader } from './wire.ts';

/** Reads a ValueInfoProto: a graph input or output. */
export function readValue(to: Collector): OnnxValue {
  const { reader } = to;
  let name = '';
  let type: ValueType = { type: 'undefined', shape: null };
  reader.message((tag) => {
    if (tag === valueTags.name) name = reader.name();
    else if (tag === valueTags.type) type = readType(reader);
  });
  reader.keep(name.length + type.type.length + 64 * (type.shape?.length ?? 0));
  return { name, ...type };
}

interface ValueType {
  readonly type: string;
  readonly datatype?: Datatype;
  readonly shape: readonly Dim[] | null;
}

function readType(reader: WireReader): ValueType {
  let found: ValueType = { type: 'undefined', shape: null };
  reader.message((tag) => {
    if (tag === typeTags.tensor) found = readTensorType(reader, 'tensor');
    else if (tag === typeTags.sparseTensor) found = readTensorType(reader, 'sparse_tensor');
    else if (tag === typeTags.sequence) found = { type: `seq(${readElement(reader)})`, shape: null };
    else if (tag === typeTags.optional) found = { type: `optional(${readElement(reader)})`, shape: null };
    else if (tag === typeTags.map) found = { type: readMapType(reader), shape: null };
    else if (tag === typeTags.opaque) found = { type: 'opaque', shape: null };
  });
  return found;
}

function readTensorType(reader: WireReader, kind: 'tensor' | 'sparse_tensor'): ValueType {
  let element = elementType(0);
  let shape: readonly Dim[] | null = null;
  reader.message((tag) => {
    if (tag === tensorTypeTags.elemType) element = elementType(reader.integer());
    else if (tag === tensorTypeTags.shape) shape = readShape(reader);
  });
  const datatype = kind === 'tensor' ? element.datatype : undefined;
  return { type: `${kind}(${element.name})`, ...(datatype && { datatype }), shape };
}

function readElement(reader: WireReader): string {
  let type = 'undefined';
  reader.message((tag) => {
    if (tag === elementTags.elemType) type = readType(reader).type;
  });
  return type;
}

function readMapType(reader: WireReader): string {
  let key = elementType(0).name;
  let value = 'undefined';
  reader.message((tag) => {
    if (tag === mapTags.keyType) key = elementType(reader.integer()).name;
    else if (tag === mapTags.valueType) value = readType(reader).type;
  });
  return `map(${key},${value})`;
}

function readShape(reader: WireReader): Dim[] {
  const dims: Dim[] = [];
  reader.message((tag) => {
    if (tag === shapeTags.dim) dims.push(readDim(reader));
  });
  return dims;
}

/** Some exporters write -1 or `?` for an axis of any length; it is read as an unnamed axis. */
function readDim(reader: WireReader): Dim {
  let dim: Dim = '';
  reader.message((tag) => {
    if (tag === dimTags.value) dim = reader.integer();
    else if (tag === dimTags.param) dim = reader.name();
  });
  reader.keep(String(dim).length);
  return (typeof dim === 'number' ? dim >= 0 : /[a-z_]/i.test(dim)) ? dim : '';
}
