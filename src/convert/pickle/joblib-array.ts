import type { PickleReader } from './reader.ts';
import { className, get, isKind, type PickleValue } from './value.ts';

/**
 * joblib writes an array's bytes into the stream, right behind the wrapper that describes it
 * (joblib.numpy_pickle.NumpyArrayWrapper.read): steps over them.
 * @returns `pickle` when the array holds objects, which follow as a pickle of their own
 * @throws RangeError when the wrapper cannot be understood
 */
export function skipJoblibArray(reader: PickleReader, value: PickleValue): 'skipped' | 'pickle' | 'none' {
  if (className(value) !== 'joblib.numpy_pickle.NumpyArrayWrapper' || !isKind(value, 'object')) return 'none';
  const { state } = value;
  const dtype = get(state, 'dtype');
  const letters = isKind(dtype, 'object') && isKind(dtype.args, 'tuple') ? dtype.args.items[0] : undefined;
  if (typeof letters !== 'string') throw new RangeError('an array in it has a datatype of its own making');
  if (letters.startsWith('O')) return 'pickle';
  const bytes =
    itemSize(letters, isKind(dtype, 'object') ? dtype.state : undefined) * count(get(state, 'shape'));
  // Since joblib 1.2: one byte says how much padding follows.
  if (typeof get(state, 'numpy_array_alignment_bytes') === 'number') reader.slice(reader.byte());
  reader.slice(bytes);
  return 'skipped';
}

// `f8`, `<i8`, `b1`, `U12` (four bytes each), `S5`, `M8`; `V24` carries its size in the state.
function itemSize(letters: string, state: PickleValue | undefined): number {
  const [, kind = '', width = ''] = /^[<>|=]?([a-zA-Z])(\d*)$/.exec(letters) ?? [];
  if (kind === 'V' && isKind(state, 'tuple')) return sizeOfRecord(state.items, width);
  if (kind === '' || width === '') throw new RangeError(`an array in it has the unknown datatype ${letters}`);
  return Number(width) * (kind === 'U' ? 4 : 1);
}

function sizeOfRecord(state: readonly PickleValue[], width: string): number {
  const size = state[5];
  return typeof size === 'number' && size > 0 ? size : Number(width);
}

function count(shape: PickleValue | undefined): number {
  if (!isKind(shape, 'tuple')) throw new RangeError('an array in it has no shape');
  return shape.items.reduce<number>((product, length) => product * lengthOf(length), 1);
}

// joblib writes lengths that NumPy gave as numpy scalars in older versions; such files are rare and read by Python alone.
function lengthOf(length: PickleValue): number {
  if (typeof length === 'number' && Number.isSafeInteger(length) && length >= 0) return length;
  throw new RangeError('an array in it has a shape that cannot be read');
}
