import { failure, type MdeployError } from '../../core/errors/error.ts';

/**
 * Lengths of axes from 64-bit integers: whole numbers from 0 up whose product is exact.
 * @param field where the shape stands, for messages
 * @throws MdeployError `REQUEST_INVALID`
 */
export function readWireShape(lengths: Iterable<bigint>, field: string): number[] {
  const shape: number[] = [];
  let product = 1;
  for (const length of lengths) {
    const at = `${field}[${shape.length}]`;
    if (shape.length === maxRank) throw wrong(at, String(length), `at most ${maxRank} axes`);
    if (length < 0n || length > Number.MAX_SAFE_INTEGER)
      throw wrong(at, String(length), 'a whole number from 0 up');
    // An empty axis makes the tensor empty, but the others must still be lengths that can be multiplied.
    product *= Math.max(Number(length), 1);
    if (product > Number.MAX_SAFE_INTEGER) {
      const problem = `"${field}" holds too many elements to count.`;
      throw failure('REQUEST_INVALID', { problem, fix: 'Send the true shape.' }, { field });
    }
    shape.push(Number(length));
  }
  return shape;
}

function wrong(field: string, received: string, expected: string): MdeployError {
  const problem = `"${field}" is ${received}, which is not ${expected}.`;
  return failure('REQUEST_INVALID', { problem, fix: `Send ${expected}.` }, { field, expected, received });
}

const maxRank = 64;
