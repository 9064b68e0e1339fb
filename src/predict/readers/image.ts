import { extname } from 'node:path';
import { formatOf } from '../../pipeline/picture.ts';
import { malformed } from '../malformed.ts';
import type { Reader } from '../reader.ts';

/** A picture file goes to the model byte for byte; its manifest says how it is decoded. */
export const image: Reader = {
  summary: 'a picture file, for models whose manifest decodes pictures',
  endings: ['.png', '.jpg', '.jpeg', '.webp', '.gif', '.tif', '.tiff'],
  read(bytes, file) {
    if (formatOf(bytes)) return { kind: 'file', bytes };
    const ending = extname(file) || 'picture';
    throw malformed(ending.replace('.', '').toUpperCase(), file, 'its first bytes are of no picture format');
  },
};
