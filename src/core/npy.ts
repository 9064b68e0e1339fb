import { descrOf, type Refuse, readElements } from './npy-elements.ts';
import { elementCount, elementSize, type Tensor } from './tensor.ts';

/**
 * NumPy's file format, versions 1 to 3 (numpy.lib.format): any byte order, C or Fortran order; never pickles.
 * @throws what `refuse` makes of the reason
 */
export function readNpy(bytes: Uint8Array, name: string, refuse: Refuse): Tensor {
  const { descr, fortran, shape, dataStart } = readHeader(bytes, refuse);
  const elements = readElements(descr, bytes.subarray(dataStart), elementCount(shape), refuse);
  const ordered = fortran && shape.length > 1 ? toRowMajor(elements.data, shape) : elements.data;
  return { name, datatype: elements.datatype, shape, data: ordered } as Tensor;
}

interface Header {
  readonly descr: string;
  readonly fortran: boolean;
  readonly shape: readonly number[];
  readonly dataStart: number;
}

function readHeader(bytes: Uint8Array, refuse: Refuse): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(6, bytes.length)).toString('latin1');
  if (magic !== '\x93NUMPY' || bytes.length < 12) throw refuse('it does not begin as a NumPy file does');
  const isShort = bytes[6] === 1;
  const start = isShort ? 10 : 12;
  const length = isShort ? view.getUint16(8, true) : view.getUint32(8, true);
  if (start + length > bytes.length || length > 65_536) throw refuse('its header is cut off or too long');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('utf8');
  return { ...parseHeader(text, refuse), dataStart: start + length };
}

// The header is a Python dict literal with exactly these three keys, in any order.
function parseHeader(text: string, refuse: Refuse): Omit<Header, 'dataStart'> {
  const descr = /'descr':\s*'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const dims = /'shape':\s*\(([\d,\s]*)\)/.exec(text)?.[1];
  if (/'descr':\s*\[/.test(text)) throw refuse('it holds records; a tensor has one datatype');
  if (descr === undefined || order === undefined || dims === undefined)
    throw refuse('its header cannot be read');
  const shape = dims
    .split(',')
    .map((dim) => dim.trim())
    .filter((dim) => dim !== '')
    .map(Number);
  if (!Number.isSafeInteger(elementCount(shape)) || shape.length > 32)
    throw refuse('its shape is out of range');
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

/** The array as a file of version 1; undefined for BYTES, which NumPy keeps in other ways. */
export function writeNpy({ datatype, shape, data }: Tensor): Uint8Array | undefined {
  if (datatype === 'BYTES') return undefined;
  const order = elementSize[datatype] === 1 ? '|' : '<';
  const dims = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const header = `{'descr': '${order}${descrOf[datatype]}', 'fortran_order': False, 'shape': (${dims}), }`;
  // Data begins at a multiple of 64; ten bytes of magic, version and length stand before the header.
  const padded = `${header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11)}\n`;
  const start = Buffer.from(`\x93NUMPY\x01\x00\x00\x00${padded}`, 'latin1');
  start.writeUInt16LE(padded.length, 8);
  const { buffer, byteOffset, byteLength } = data as Uint8Array;
  return Buffer.concat([start, new Uint8Array(buffer, byteOffset, byteLength)]);
}
