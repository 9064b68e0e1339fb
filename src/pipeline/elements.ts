import { decodeFloat16, encodeFloat16 } from '../core/float16.ts';
import type { AnyTensorData, Datatype, Tensor } from '../core/tensor.ts';

/** The datatypes that arithmetic steps compute on. */
export type FloatType = 'FP16' | 'FP32' | 'FP64';
/** Storage of floats and of picture elements. */
export type PixelType = FloatType | 'UINT8';

export function isFloat(datatype: Datatype): datatype is FloatType {
  return datatype === 'FP16' || datatype === 'FP32' || datatype === 'FP64';
}

export function isPixel(datatype: Datatype): datatype is PixelType {
  return isFloat(datatype) || datatype === 'UINT8';
}

/** The values as numbers: the store itself, but decoded for FP16. */
export function numbersOf(tensor: Tensor): ArrayLike<number> {
  const data = tensor.data as Float32Array | Float64Array | Uint8Array | Uint16Array;
  return tensor.datatype === 'FP16' ? Float64Array.from(data, decodeFloat16) : data;
}

/** Numbers → a store of the datatype; FP16 rounds to nearest even, UINT8 rounds and keeps within 0–255. */
export function storeOf(datatype: PixelType, values: Float64Array | Uint8Array): AnyTensorData {
  if (datatype === 'FP64') return Float64Array.from(values);
  if (datatype === 'FP32') return Float32Array.from(values);
  if (datatype === 'UINT8') return new Uint8Array(Uint8ClampedArray.from(values).buffer);
  return Uint16Array.from(values, encodeFloat16);
}
