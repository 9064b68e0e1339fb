import { readNpy } from '../../core/npy.ts';
import type { Tensor } from '../../core/tensor.ts';
import { malformed } from '../malformed.ts';
import type { Reader } from '../reader.ts';

/** NumPy's file format, versions 1 to 3 (numpy.lib.format): any byte order, C or Fortran order; never pickles. */
export const npy: Reader = {
  summary: 'a NumPy array',
  endings: ['.npy'],
  read: (bytes, file) => ({ kind: 'tensors', tensors: [readNpyFile(bytes, file, '')] }),
};

/** @throws MdeployError `INPUT_FILE_MALFORMED` */
export function readNpyFile(bytes: Uint8Array, file: string, name: string): Tensor {
  return readNpy(bytes, name, (reason) => malformed('NPY', file, reason));
}
