import { describe, expect, it } from 'vitest';
import { hurried } from '../../src/serve/hurry.ts';

describe('what a request asks of the queue', () => {
  const ticket = { deadline: 5, limitMs: 3, whenGone: () => () => undefined };

  it.each([
    [{}, {}],
    [{ priority: 0, timeout: 0 }, {}],
    [{ priority: 2 }, { priority: 2 }],
    [{ timeout: 1500 }, { patienceMs: 1.5 }],
    [
      { priority: 1, timeout: 1e6, note: 'x' },
      { priority: 1, patienceMs: 1000 },
    ],
  ])('%j', (parameters, asked) => {
    expect(hurried(ticket, parameters)).toEqual({ ...ticket, ...asked });
  });
});
