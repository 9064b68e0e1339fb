import { malformed } from '../malformed.ts';
import type { Reader } from '../reader.ts';
import { readZip } from '../zip.ts';
import { readNpyFile } from './npy.ts';

/** `np.savez`: a zip of NPY files; each is the input of its name. */
export const npz: Reader = {
  summary: 'NumPy arrays by input name',
  endings: ['.npz'],
  read(bytes, file) {
    const entries = readZip(bytes, file).filter(({ name }) => name.endsWith('.npy'));
    if (entries.length === 0) throw malformed('NPZ', file, 'there is no array in it');
    return {
      kind: 'tensors',
      tensors: entries.map(({ name, content }) =>
        readNpyFile(content(), `${file}:${name}`, name.slice(0, -4)),
      ),
    };
  },
};
