import { describe, expect, test } from 'vitest';
import { image } from '../../src/predict/readers/image.ts';
import { formatOf, readers } from '../../src/predict/readers.ts';
import { npyFile, zipFile } from './npy.ts';

const png = Buffer.from('\x89PNG\r\n\x1a\nrest', 'latin1');

describe('the format', () => {
  test.each([
    ['x.JSON', 'json'],
    ['dir.npy/x.csv', 'csv'],
    ['x.npz', 'npz'],
    ['photo.jpeg', 'image'],
  ])('of %s is told by its ending: %s', async (file, format) => {
    expect(await formatOf(file, Buffer.from('anything'))).toBe(format);
  });

  test.each([
    { what: 'a NumPy array', bytes: npyFile('<f4', [0], new Uint8Array(0)), format: 'npy' },
    { what: 'a zip', bytes: zipFile([{ name: 'a', content: Buffer.from('b') }]), format: undefined },
    { what: 'a picture', bytes: png, format: 'image' },
    { what: 'a list', bytes: Buffer.from('\n [1]'), format: 'json' },
    { what: 'an object after a byte order mark', bytes: Buffer.from('\ufeff{"a": 1}'), format: 'json' },
    { what: 'rows', bytes: Buffer.from('größe,b\n1,2\n'), format: 'csv' },
    { what: 'nothing', bytes: Buffer.alloc(0), format: undefined },
    { what: 'binary of no known kind', bytes: Buffer.from([1, 2, 3, 0]), format: undefined },
  ])('of $what without a name is told by its bytes', async ({ bytes, format, what }) => {
    expect(await formatOf('standard input', bytes)).toBe(what === 'a zip' ? 'npz' : format);
  });

  test.each(readers.names)('%s has a reader with a summary', async (name) => {
    const reader = await readers.load(name);
    expect(reader.summary.length).toBeGreaterThan(5);
    expect(reader.endings.every((ending) => ending.startsWith('.'))).toBe(true);
  });
});

describe('a picture', () => {
  test('goes byte for byte', () => {
    expect(image.read(png, 'x.png')).toEqual({ kind: 'file', bytes: png });
  });

  test('that is none is refused', () => {
    expect(() => image.read(Buffer.from('GIF9'), 'x.gif')).toThrow(
      expect.objectContaining({
        code: 'INPUT_FILE_MALFORMED',
        message: 'Cannot use x.gif as GIF: its first bytes are of no picture format.',
      }),
    );
  });
});
