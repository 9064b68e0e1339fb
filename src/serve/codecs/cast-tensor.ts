import { failure } from '../../core/errors/error.ts';
import { decodeFloat16, encodeFloat16 } from '../../core/float16.ts';
import { allocate, type Datatype, type Tensor, type TensorSpec } from '../../core/tensor.ts';
import { expectations } from './element-fault.ts';

/**
 * A tensor as the datatype that the model takes, where no value is lost: whole numbers to any number whose range holds
 * them, floats to floats, rounded to nearest. NumPy's arrays are FP64 or INT64 unless someone cares.
 * @throws MdeployError `INPUT_DATATYPE`, `INPUT_VALUE`
 */
export function castTensor(tensor: Tensor, spec: TensorSpec): Tensor {
  const { name, datatype } = spec;
  const given = { ...tensor, name };
  if (tensor.datatype === datatype) return given;
  const isPossible = isFloat(datatype)
    ? isNumber(tensor.datatype)
    : isWhole(datatype) && isWhole(tensor.datatype);
  if (!isPossible) {
    const facts = { received: tensor.datatype, expected: datatype };
    throw failure('INPUT_DATATYPE', { name, ...facts }, { field: name, ...facts });
  }
  const data = allocate(datatype, tensor.data.length) as unknown as { [index: number]: number | bigint };
  const read = tensor.datatype === 'FP16' ? (value: number) => decodeFloat16(value) : Number;
  const fits = isFloat(datatype) ? floatRoom(datatype) : wholeRoom(datatype);
  (tensor.data as Float64Array | BigInt64Array).forEach((value, index) => {
    if (!fits(isFloat(datatype) ? read(value as number) : value)) throw wrong(spec, index, value);
    if (datatype === 'FP16') data[index] = encodeFloat16(read(value as number));
    else if (datatype === 'INT64' || datatype === 'UINT64') data[index] = BigInt(value);
    else data[index] = read(value as number);
  });
  return { ...given, datatype, data: data as unknown as Tensor['data'] };
}

type Fits = (value: number | bigint) => boolean;

// Infinities stay what they are; a finite value that would become one is lost.
function floatRoom(datatype: Datatype): Fits {
  const limit = datatype === 'FP16' ? 65_520 : datatype === 'FP32' ? 3.4028235677973366e38 : Infinity;
  return (value) => !Number.isFinite(value) || Math.abs(value as number) < limit;
}

function wholeRoom(datatype: Datatype): Fits {
  const isSigned = datatype.startsWith('I');
  const bits = BigInt(datatype.replace(/\D/g, ''));
  const low = isSigned ? -(2n ** (bits - 1n)) : 0n;
  const high = 2n ** (isSigned ? bits - 1n : bits) - 1n;
  return (value) => value >= low && value <= high;
}

function isFloat(datatype: Datatype): boolean {
  return datatype.startsWith('FP');
}

function isWhole(datatype: Datatype): boolean {
  return datatype.includes('INT');
}

function isNumber(datatype: Datatype): boolean {
  return isFloat(datatype) || isWhole(datatype);
}

function wrong({ name, datatype }: TensorSpec, index: number, value: number | bigint) {
  const facts = { expected: expectations[datatype], received: String(value) };
  return failure('INPUT_VALUE', { name, where: ` at element ${index}`, ...facts }, { field: name, ...facts });
}
