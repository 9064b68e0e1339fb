import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { limits } from '../../src/onnx/limits.ts';
import { type ByteSource, bytesSource, withFileSource } from '../../src/onnx/source.ts';
import { WireReader } from '../../src/onnx/wire.ts';
import { codeOf, errorOf } from './codes.ts';
import { bytes, claim, int, msg, str, varint } from './proto.ts';

const none: ReadonlySet<number> = new Set();
const readerOf = (content: Uint8Array): WireReader => new WireReader(bytesSource(content, 'wire'), none);

/** Every field as [number, wire type, value], nested messages unread. */
function fieldsOf(source: ByteSource): [number: number, type: number, value: unknown][] {
  const reader = new WireReader(source, none);
  const fields: [number, number, unknown][] = [];
  reader.fields((tag) => {
    const type = tag & 7;
    fields.push([tag >>> 3, type, type === 0 ? reader.bigInteger() : type === 2 ? reader.text() : undefined]);
  });
  return fields;
}

describe('numbers', () => {
  const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

  it('reads every int64 exactly as a bigint', () => {
    fc.assert(
      fc.property(int64, (value) => {
        expect(fieldsOf(bytesSource(int(1, value), 'wire'))).toEqual([[1, 0, value]]);
      }),
    );
  });

  it('reads every safe integer exactly as a number', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const reader = readerOf(int(1, value));
        reader.fields(() => expect(reader.integer()).toBe(value));
      }),
    );
  });

  it('takes a number that is longer than it need be', () => {
    const padded = bytes(varint(8), Uint8Array.of(0x85, 0x80, 0x80, 0x00));
    expect(fieldsOf(bytesSource(padded, 'wire'))).toEqual([[1, 0, 5n]]);
  });

  it('refuses a number of eleven bytes', async () => {
    const long = bytes(varint(8), new Uint8Array(10).fill(0x80), Uint8Array.of(1));
    expect(await codeOf(() => fieldsOf(bytesSource(long, 'wire')))).toBe('MODEL_CORRUPT');
  });

  it('reads packed lists to their end and no further', () => {
    fc.assert(
      fc.property(fc.array(int64, { maxLength: 50 }), (values) => {
        const reader = readerOf(bytes(str(1, bytes(values.map(varint))), int(2, 7)));
        const read: bigint[] = [];
        reader.fields((tag) => {
          if (tag >>> 3 === 1) reader.packed(() => read.push(reader.bigInteger()));
        });
        expect(read).toEqual(values);
        expect(reader.position).toBe(reader.source.size);
      }),
    );
  });

  it('refuses a packed list whose last number runs out of it', async () => {
    const reader = readerOf(bytes(str(1, Uint8Array.of(1, 0x80)), int(2, 7)));
    const read = () => reader.fields((tag) => tag >>> 3 === 1 && reader.packed(() => reader.bigInteger()));
    expect(await codeOf(read)).toBe('MODEL_CORRUPT');
  });
});

describe('fields', () => {
  const field = fc.oneof(
    fc.tuple(fc.integer({ min: 1, max: 2 ** 29 - 1 }), fc.bigInt({ min: 0n, max: 2n ** 63n - 1n })),
    fc.tuple(fc.integer({ min: 1, max: 40 }), fc.string()),
  );

  it('are read back as written, in order', () => {
    fc.assert(
      fc.property(fc.array(field, { maxLength: 30 }), (list) => {
        const encoded = bytes(
          list.map(([number, value]) =>
            typeof value === 'string' ? str(number, value) : int(number, value),
          ),
        );
        const read = fieldsOf(bytesSource(encoded, 'wire'));
        expect(read.map(([number, , value]) => [number, value])).toEqual(list);
      }),
    );
  });

  it('that are not read are skipped, runs of numbers in one go', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.nat()), { maxLength: 60 }), (list) => {
        const encoded = bytes(
          list.map(([number, value]) => int(number, value)),
          str(9, 'end'),
        );
        const reader = readerOf(encoded);
        const ends: string[] = [];
        reader.fields((tag) => {
          if (tag >>> 3 === 9) ends.push(reader.text());
        });
        expect(ends).toEqual(['end']);
      }),
    );
  });

  it('tell where they start', () => {
    const reader = readerOf(bytes(int(1, 300), str(2, 'ab'), int(3, 1)));
    const starts: number[] = [];
    reader.fields(() => starts.push(reader.fieldStart));
    expect(starts).toEqual([0, 3, 7]);
  });

  it('can be read a second time', () => {
    const reader = readerOf(msg(1, str(1, 'name')));
    const read: string[] = [];
    reader.fields(() => {
      const start = reader.position;
      for (let pass = 0; pass < 2; pass++) {
        reader.position = start;
        reader.message(() => read.push(reader.name()));
      }
    });
    expect(read).toEqual(['name', 'name']);
  });

  it('cannot reach beyond the message that holds them', async () => {
    const reader = readerOf(bytes(msg(1, claim(1, 4)), str(2, 'outside')));
    const error = await errorOf(() =>
      reader.fields((tag) => tag >>> 3 === 1 && reader.message(() => reader.name())),
    );
    expect(error.code).toBe('MODEL_CORRUPT');
    expect(error.message).toContain('longer than the whole');
  });
});

describe('texts', () => {
  it('that something depends on must be UTF-8; those for people are mended', async () => {
    const latin1 = str(1, Buffer.from('Käse', 'latin1'));
    const strict = readerOf(latin1);
    expect(await codeOf(() => strict.fields(() => strict.name()))).toBe('MODEL_CORRUPT');
    const lenient = readerOf(latin1);
    lenient.fields(() => expect(lenient.text()).toBe('K\ufffdse'));
  });

  it('may hold a real replacement character', () => {
    const reader = readerOf(str(1, 'a\ufffdb'));
    reader.fields(() => expect(reader.name()).toBe('a\ufffdb'));
  });

  it('count against what may be kept', async () => {
    const reader = readerOf(int(1, 1));
    reader.keep(limits.keptBytes - 64);
    expect(await codeOf(() => reader.keep(1))).toBe('MODEL_TOO_COMPLEX');
  });
});

describe('a file read through a window', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mdeploy-wire-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('gives what memory gives, wherever fields cross the border of the window', () => {
    const path = join(folder, 'fields.bin');
    const many = bytes(
      Array.from({ length: 9_000 }, (_, i) => [int(1, 2n ** 62n + BigInt(i)), str(2, `text ${i}`)]),
    );
    for (let shift = 0; shift < 14; shift++) {
      const encoded = bytes(str(3, 'x'.repeat(shift)), many);
      writeFileSync(path, encoded);
      const fromFile = withFileSource(path, fieldsOf);
      expect(fromFile).toEqual(fieldsOf(bytesSource(encoded, path)));
    }
  });

  it('reads a text that is longer than the window', () => {
    const path = join(folder, 'text.bin');
    const text = 'é'.repeat(150_000);
    writeFileSync(path, bytes(str(1, text), str(2, 'after')));
    const [first, second] = withFileSource(path, fieldsOf);
    expect(first?.[2]).toBe(text);
    expect(second?.[2]).toBe('after');
  });

  it('notices that the file shrank while it was read', async () => {
    const path = join(folder, 'shrinks.bin');
    writeFileSync(path, bytes(str(1, 'x'.repeat(200_000)), str(2, 'gone')));
    const read = (): void =>
      withFileSource(path, (source) => {
        writeFileSync(path, 'x');
        fieldsOf({
          ...source,
          view: (offset, length) =>
            offset === 0 ? Buffer.from(claim(1, 200_000)) : source.view(offset, length),
        });
      });
    const error = await errorOf(read);
    expect(error.code).toBe('MODEL_TRUNCATED');
    expect(error.details.expected).toBe('200010 bytes');
  });

  it('closes the file when reading fails', () => {
    const path = join(folder, 'fails.bin');
    writeFileSync(path, 'x');
    for (let i = 0; i < 3_000; i++)
      expect(() =>
        withFileSource(path, () => {
          throw new Error('stop');
        }),
      ).toThrow('stop');
  });
});
