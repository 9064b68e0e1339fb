import { describe, expect, it } from 'vitest';
import { nextRequestId } from '../../../src/serve/doors/request-id.ts';

describe('nextRequestId', () => {
  it('keeps what is harmless in a header and a log line', () => {
    for (const id of ['a', 'trace:1', 'A-b_c.9', 'x'.repeat(64)]) expect(nextRequestId(id)).toBe(id);
  });

  it.each([undefined, '', 'a b', 'a\n', 'ü', 'x'.repeat(65), ['a', 'b']])('makes one for %j', (given) => {
    expect(nextRequestId(given)).toMatch(/^[\w-]{8}-[0-9a-z]+$/);
  });

  it('never makes the same twice', () => {
    const ids = Array.from({ length: 1000 }, () => nextRequestId(undefined));
    expect(new Set(ids).size).toBe(1000);
  });
});
