import type { Tensor as OrtTensor } from 'onnxruntime-node';
import type { AnyTensorData, BytesElement, Datatype, Tensor } from '../core/tensor.ts';
import type { OnnxRuntime } from './onnxruntime.ts';

/** Our tensor → the runtime's, sharing the same memory (BYTES are decoded: the gauge has proven that they are UTF-8 text). */
export function toOrt(ort: OnnxRuntime, tensor: Tensor): OrtTensor {
  const type = ortTypes[tensor.datatype];
  const made = new ort.Tensor(type as 'float32', ortData(tensor) as Float32Array, tensor.shape);
  // Where the engine has Float16Array the runtime's wrapper makes one, which its native part cannot read.
  if (tensor.datatype === 'FP16') Object.defineProperty(made, 'data', { value: tensor.data });
  return made;
}

/** The runtime's tensor → ours, sharing the same memory. Undefined for a type without an Open Inference datatype. */
export function fromOrt(name: string, value: OrtTensor): Tensor | undefined {
  const datatype = datatypeOf(value.type);
  if (!datatype) return undefined;
  const data = value.data as unknown as AnyTensorData;
  return {
    name,
    datatype,
    shape: value.dims,
    data: datatype === 'FP16' ? halfBits(data as Uint16Array) : data,
  };
}

/** `float32` → `FP32`. */
export function datatypeOf(ortType: string): Datatype | undefined {
  return fromOrtTypes.get(ortType);
}

function ortData(tensor: Tensor): unknown {
  if (tensor.datatype === 'BYTES') return (tensor.data as BytesElement[]).map(text);
  return tensor.data;
}

function halfBits(data: ArrayBufferView & { length: number }): Uint16Array {
  return data instanceof Uint16Array ? data : new Uint16Array(data.buffer, data.byteOffset, data.length);
}

function text(element: BytesElement): string {
  return typeof element === 'string' ? element : decoder.decode(element);
}

const decoder = new TextDecoder('utf-8', { fatal: true });

const ortTypes: Readonly<Record<Datatype, string>> = {
  BOOL: 'bool',
  UINT8: 'uint8',
  UINT16: 'uint16',
  UINT32: 'uint32',
  UINT64: 'uint64',
  INT8: 'int8',
  INT16: 'int16',
  INT32: 'int32',
  INT64: 'int64',
  FP16: 'float16',
  FP32: 'float32',
  FP64: 'float64',
  BYTES: 'string',
};

const fromOrtTypes = new Map(Object.entries(ortTypes).map(([ours, theirs]) => [theirs, ours as Datatype]));
