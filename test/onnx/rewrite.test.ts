import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Edit,
  integerField,
  messageField,
  rewrite,
  textField,
  textsOf,
} from '../../src/onnx/rewrite.ts';
import { bytes, int, msg, str, varint } from './proto.ts';

const edited = (message: Uint8Array, edit: (tag: number, value: Uint8Array) => Edit): Buffer =>
  Buffer.concat(rewrite(message, edit));

describe('rewrite', () => {
  const part = fc.oneof(
    fc.tuple(fc.integer({ min: 1, max: 300 }), fc.nat()).map(([field, value]) => int(field, value)),
    fc.tuple(fc.integer({ min: 1, max: 300 }), fc.string()).map(([field, value]) => str(field, value)),
  );

  it('copies byte for byte what is kept', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
        const message = bytes(parts);
        expect(edited(message, () => 'keep')).toEqual(Buffer.from(message));
      }),
    );
  });

  it('drops and replaces just the fields named', () => {
    fc.assert(
      fc.property(fc.array(part, { maxLength: 10 }), fc.array(part, { maxLength: 10 }), (before, after) => {
        const message = bytes(before, str(500, 'old'), after, str(501, 'goes'));
        const result = edited(message, (tag) =>
          tag >>> 3 === 500
            ? [Buffer.from('brand '), Buffer.from('new')]
            : tag >>> 3 === 501
              ? 'drop'
              : 'keep',
        );
        expect(result).toEqual(Buffer.from(bytes(before, str(500, 'brand new'), after)));
      }),
    );
  });

  it('hands over the value without its length', () => {
    const seen: string[] = [];
    edited(bytes(str(1, 'one'), int(2, 3), str(3, '')), (_tag, value) => {
      seen.push(Buffer.from(value).toString());
      return 'keep';
    });
    expect(seen).toEqual(['one', '', '']);
  });

  it('drops number fields too', () => {
    const message = bytes(int(1, 5), str(2, 'stays'), int(1, 6));
    expect(edited(message, (tag) => (tag >>> 3 === 1 ? 'drop' : 'keep'))).toEqual(
      Buffer.from(str(2, 'stays')),
    );
  });
});

describe('fields written', () => {
  it('agree with a writer of their own', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1000 }), fc.maxSafeNat(), fc.string(), (field, number, text) => {
        expect(Buffer.from(integerField(field << 3, number))).toEqual(Buffer.from(int(field, number)));
        const tag = (field << 3) | 2;
        expect(Buffer.from(textField(tag, text))).toEqual(Buffer.from(str(field, text)));
        const nested = Buffer.concat(messageField(tag, [textField(10, text), integerField(16, 1)]));
        expect(nested).toEqual(Buffer.from(msg(field, str(1, text), int(2, 1))));
      }),
    );
  });

  it('finds the texts of a repeated field', () => {
    const message = bytes(str(1, 'a'), str(2, 'b'), str(1, 'ä'), varint(1 << 3), varint(9));
    expect(textsOf(message, 10)).toEqual(['a', 'ä']);
    expect(textsOf(message, 34)).toEqual([]);
  });
});
