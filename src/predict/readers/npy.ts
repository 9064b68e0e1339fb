import { elementCount, type Tensor } from '../../core/tensor.ts';
import { malformed } from '../malformed.ts';
import { readElements } from '../npy-elements.ts';
import type { Reader } from '../reader.ts';

/** NumPy's file format, versions 1 to 3 (numpy.lib.format): any byte order, C or Fortran order; never pickles. */
export const npy: Reader = {
  summary: 'a NumPy array',
  endings: ['.npy'],
  read: (bytes, file) => ({ kind: 'tensors', tensors: [readNpy(bytes, file, '')] }),
};

/** @throws MdeployError `INPUT_FILE_MALFORMED` */
export function readNpy(bytes: Uint8Array, file: string, name: string): Tensor {
  const { descr, fortran, shape, dataStart } = readHeader(bytes, file);
  const elements = readElements(descr, bytes.subarray(dataStart), elementCount(shape), file);
  const ordered = fortran && shape.length > 1 ? toRowMajor(elements.data, shape) : elements.data;
  return { name, datatype: elements.datatype, shape, data: ordered } as Tensor;
}

interface Header {
  readonly descr: string;
  readonly fortran: boolean;
  readonly shape: readonly number[];
  readonly dataStart: number;
}

function readHeader(bytes: Uint8Array, file: string): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(6, bytes.length)).toString('latin1');
  if (magic !== '\x93NUMPY' || bytes.length < 12)
    throw malformed('NPY', file, 'it does not begin as a NumPy file does');
  const isShort = bytes[6] === 1;
  const start = isShort ? 10 : 12;
  const length = isShort ? view.getUint16(8, true) : view.getUint32(8, true);
  if (start + length > bytes.length || length > 65_536)
    throw malformed('NPY', file, 'its header is cut off or too long');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('utf8');
  return { ...parseHeader(text, file), dataStart: start + length };
}

// The header is a Python dict literal with exactly these three keys, in any order.
function parseHeader(text: string, file: string): Omit<Header, 'dataStart'> {
  const descr = /'descr':\s*'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const dims = /'shape':\s*\(([\d,\s]*)\)/.exec(text)?.[1];
  if (/'descr':\s*\[/.test(text)) throw malformed('NPY', file, 'it holds records; a tensor has one datatype');
  if (descr === undefined || order === undefined || dims === undefined)
    throw malformed('NPY', file, 'its header cannot be read');
  const shape = dims
    .split(',')
    .map((dim) => dim.trim())
    .filter((dim) => dim !== '')
    .map(Number);
  if (!Number.isSafeInteger(elementCount(shape)) || shape.length > 32)
    throw malformed('NPY', file, 'its shape is out of range');
  return { descr, fortran: order === 'True', shape };
}

type Store = Tensor['data'];

function toRowMajor(data: Store, shape: readonly number[]): Store {
  const result = data.slice() as Store;
  const strides: number[] = [];
  shape.reduce((stride, dim) => {
    strides.push(stride);
    return stride * dim;
  }, 1);
  const index = new Array<number>(shape.length).fill(0);
  for (let at = 0; at < data.length; at++) {
    let source = 0;
    for (let axis = 0; axis < shape.length; axis++) source += index[axis]! * strides[axis]!;
    result[at] = data[source] as never;
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis]! === shape[axis]; axis--) index[axis] = 0;
  }
  return result;
}
