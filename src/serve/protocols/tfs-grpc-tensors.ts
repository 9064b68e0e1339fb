import { failure, type MdeployError } from '../../core/errors/error.ts';
import {
  allocate,
  type Datatype,
  elementCount,
  elementSize,
  type Tensor,
  type TensorSpec,
} from '../../core/tensor.ts';
import { readBinary } from '../codecs/binary-tensor.ts';
import { DataType, type TensorProto, type TensorShapeProto } from '../proto/tensorflow.gen.ts';
import type { Init } from '../protobuf/message.ts';
import { dtypeEnums } from './tfs-dtypes.ts';
import { readWireShape } from './wire-shape.ts';

/**
 * A tensor from `tensor_content` or from the list of its dtype, where the last value stands for all that are missing.
 * @param maxBytes the most that the values may come to when they are written out
 * @throws MdeployError `REQUEST_INVALID`, `INPUT_DATATYPE`, `INPUT_VALUE`, `BODY_TOO_LARGE`
 */
export function readTensorProto(proto: TensorProto, spec: TensorSpec, maxBytes: number): Tensor {
  const { name } = spec;
  const datatype = datatypes.get(proto.dtype);
  if (!datatype) {
    const [received = String(proto.dtype)] =
      Object.entries(DataType).find(([, value]) => value === proto.dtype) ?? [];
    const facts = { expected: spec.datatype, received };
    throw failure('INPUT_DATATYPE', { name, ...facts }, { field: name, ...facts });
  }
  const head = { name, datatype, shape: shapeOf(proto.tensorShape, name) };
  if (proto.tensorContent.byteLength === 0) return { ...head, data: readValues(proto, head, maxBytes) };
  if (datatype === 'BYTES')
    throw invalid(name, `Input "${name}" has strings in tensor_content.`, 'Send them in string_val.');
  return { ...head, data: readBinary(proto.tensorContent, head) };
}

/** A tensor with its values in the list of its dtype, as TF Serving answers. */
export function writeTensorProto({ datatype, shape, data }: Tensor): Init<TensorProto> {
  const dtype = dtypeNumber(datatype);
  const tensorShape = { dim: shape.map((length) => ({ size: BigInt(length) })) };
  if (datatype === 'BYTES') {
    const stringVal = (data as (string | Uint8Array)[]).map((item) =>
      typeof item === 'string' ? Buffer.from(item) : item,
    );
    return { dtype, tensorShape, stringVal };
  }
  const field = fields[datatype];
  const isNarrow = field === 'intVal' || field === 'halfVal';
  const values = isNarrow && !(data instanceof Int32Array) ? Int32Array.from(data as Int16Array) : data;
  return { dtype, tensorShape, [field]: values };
}

/** The number of a datatype in tensorflow.DataType. */
export function dtypeNumber(datatype: Datatype): number {
  return DataType[dtypeEnums[datatype] as keyof typeof DataType];
}

type Head = Omit<Tensor, 'data'>;

// Without a shape it is a scalar.
function shapeOf(proto: TensorShapeProto | undefined, name: string): number[] {
  if (proto?.unknownRank)
    throw invalid(name, `Input "${name}" has a shape of unknown rank.`, 'Send its true shape.');
  return readWireShape(
    (proto?.dim ?? []).map(({ size }) => size),
    `${name}.tensor_shape`,
  );
}

function readValues(proto: TensorProto, { name, datatype, shape }: Head, maxBytes: number): Tensor['data'] {
  const given = proto[fields[datatype]];
  const count = elementCount(shape);
  if (given.length > count) {
    const problem = `Input "${name}" holds ${given.length} values, but its shape [${shape.join(',')}] takes ${count}.`;
    throw invalid(name, problem, 'Send the values flat in C order.');
  }
  // A few bytes may stand for any number of equal values.
  if (given.length < count && count * (datatype === 'BYTES' ? 16 : elementSize[datatype]) > maxBytes)
    throw failure('BODY_TOO_LARGE', { limit: maxBytes }, { field: name });
  if (datatype === 'BYTES') {
    const strings = given as Uint8Array[];
    const last = strings.at(-1) ?? new Uint8Array(0);
    return Array.from({ length: count }, (_, index) => strings[index] ?? last);
  }
  const isAsWide = given instanceof (allocate(datatype, 0).constructor as typeof Int32Array);
  if (isAsWide && given.length === count) return given as Tensor['data'];
  const data = allocate(datatype, count);
  // Wider integers are cut to their low bits, as TensorFlow does.
  data.set(given as never);
  const last = given.at(-1);
  if (last !== undefined) data.fill(last as never, given.length);
  return data;
}

function invalid(field: string, problem: string, fix: string): MdeployError {
  return failure('REQUEST_INVALID', { problem, fix }, { field });
}

const datatypes = new Map(
  (Object.keys(dtypeEnums) as Datatype[]).map((datatype) => [dtypeNumber(datatype), datatype]),
);

const fields = {
  BOOL: 'boolVal',
  UINT8: 'intVal',
  UINT16: 'intVal',
  UINT32: 'uint32Val',
  UINT64: 'uint64Val',
  INT8: 'intVal',
  INT16: 'intVal',
  INT32: 'intVal',
  INT64: 'int64Val',
  FP16: 'halfVal',
  FP32: 'floatVal',
  FP64: 'doubleVal',
  BYTES: 'stringVal',
} as const satisfies Readonly<Record<Datatype, keyof TensorProto>>;
