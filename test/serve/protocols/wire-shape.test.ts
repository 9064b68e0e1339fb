import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readWireShape } from '../../../src/serve/protocols/wire-shape.ts';

test.each([
  [[], []],
  [[0n], [0]],
  [
    [2n, 0n, 3n],
    [2, 0, 3],
  ],
  [[BigInt(Number.MAX_SAFE_INTEGER)], [Number.MAX_SAFE_INTEGER]],
])('%s', (lengths, shape) => {
  expect(readWireShape(lengths, 'x.shape')).toEqual(shape);
});

test.each([
  ['a length below zero', [2n, -1n], '"x.shape[1]" is -1, which is not a whole number from 0 up.'],
  ['the least length', [-(2n ** 63n)], '"x.shape[0]" is -9223372036854775808, which is not a whole number'],
  ['a length beyond 2^53', [2n ** 53n], '"x.shape[0]" is 9007199254740992, which is not a whole number'],
  ['a product beyond 2^53', [2n ** 30n, 2n ** 30n], '"x.shape" holds too many elements to count.'],
  ['a product that an empty axis hides', [2n ** 52n, 0n, 4n], '"x.shape" holds too many elements to count.'],
  ['too many axes', Array<bigint>(65).fill(1n), '"x.shape[64]" is 1, which is not at most 64 axes.'],
])('%s is refused', (_, lengths, message) => {
  expect(() => readWireShape(lengths, 'x.shape')).toThrow(
    expect.objectContaining({ code: 'REQUEST_INVALID', message: expect.stringContaining(message) }),
  );
});

test('any lengths are themselves, exactly, or are refused', () => {
  fc.assert(
    fc.property(
      fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { maxLength: 70 }),
      (given) => {
        let shape: number[];
        try {
          shape = readWireShape(given, 'x');
        } catch (error) {
          expect(error).toMatchObject({ code: 'REQUEST_INVALID', grpc: 'INVALID_ARGUMENT' });
          return;
        }
        expect(shape.map(BigInt)).toEqual(given);
      },
    ),
  );
});
