import type { Datatype } from '../core/tensor.ts';

interface ElementType {
  /** As in ONNX's type strings: `tensor(float)`. */
  readonly name: string;
  /** Absent where the runtime or the Open Inference protocol has no such tensor. */
  readonly datatype?: Datatype;
}

/** TensorProto.DataType by number. */
const elementTypes: readonly ElementType[] = [
  { name: 'undefined' },
  { name: 'float', datatype: 'FP32' },
  { name: 'uint8', datatype: 'UINT8' },
  { name: 'int8', datatype: 'INT8' },
  { name: 'uint16', datatype: 'UINT16' },
  { name: 'int16', datatype: 'INT16' },
  { name: 'int32', datatype: 'INT32' },
  { name: 'int64', datatype: 'INT64' },
  { name: 'string', datatype: 'BYTES' },
  { name: 'bool', datatype: 'BOOL' },
  { name: 'float16', datatype: 'FP16' },
  { name: 'double', datatype: 'FP64' },
  { name: 'uint32', datatype: 'UINT32' },
  { name: 'uint64', datatype: 'UINT64' },
  { name: 'complex64' },
  { name: 'complex128' },
  { name: 'bfloat16' },
  { name: 'float8e4m3fn' },
  { name: 'float8e4m3fnuz' },
  { name: 'float8e5m2' },
  { name: 'float8e5m2fnuz' },
  { name: 'uint4' },
  { name: 'int4' },
  { name: 'float4e2m1' },
  { name: 'float8e8m0' },
  { name: 'uint2' },
  { name: 'int2' },
  { name: 'float6e2m3' },
  { name: 'float6e3m2' },
];

export function elementType(number: number): ElementType {
  return elementTypes[number] ?? { name: `type ${number}` };
}
