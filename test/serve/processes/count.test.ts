import { describe, expect, it } from 'vitest';
import { countProcesses } from '../../../src/serve/processes/count.ts';

const models = (...sizes: number[]) => sizes.map((fileBytes) => ({ onnx: { fileBytes } as never }));
const withCache = (max_bytes: number) => [
  { onnx: { fileBytes: 1e3 } as never, manifest: { serving: { response_cache: { max_bytes } } as never } },
];
const machine = { cores: 4, memoryBytes: 8e9 };

describe('processes of a server', () => {
  it.each([
    ['one unless asked', undefined, models(1e3), machine, 1],
    ['as many as asked for, whatever the cores', '6', models(1e3), machine, 6],
    ['auto: one per core', 'auto', models(1e3), machine, 4],
    ['auto: fewer where memory is short', 'auto', models(1e9), machine, 2],
    ['auto: all models count', 'auto', models(5e8, 5e8), machine, 2],
    ['auto: caches of answers count', 'auto', withCache(3e9), machine, 1],
    ['auto: one even where that does not fit', 'auto', models(9e9), machine, 1],
    ['auto: not more than make sense', 'auto', models(1e3), { cores: 128, memoryBytes: 1e12 }, 64],
  ])('%s', (_, wish, served, on, expected) => {
    expect(countProcesses(wish, served, on).count).toBe(expected);
  });

  it('say what they will need and why they are so many', () => {
    expect(countProcesses('auto', models(1e9), machine).reason).toBe(
      'no more fit in 8.0 GB; about 2.1 GB each, 4.2 GB in all',
    );
  });

  it.each(['0', '65', '-1', '1.5', 'all', ''])('refuse %j', (wish) => {
    expect(() => countProcesses(wish, models(1), machine)).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining('--processes takes auto') }),
    );
  });

  it('know this machine', () => {
    expect(countProcesses('auto', models(1)).count).toBeGreaterThan(0);
  });
});
