import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { LoadedVersion } from '../../src/repository/loaded-version.ts';
import { newerFirst } from '../../src/repository/newer-first.ts';
import { Repository } from '../../src/repository/repository.ts';

function version(name: string, number: string) {
  const close = vi.fn(async () => undefined);
  const facts = { name, version: number, description: '', state: 'AVAILABLE', labels: new Map() };
  return { loaded: { facts, session: { close } } as unknown as LoadedVersion, close };
}

function shelf(...versions: [name: string, number: string][]) {
  const made = versions.map(([name, number]) => version(name, number));
  const repository = new Repository();
  for (const { loaded } of made) repository.add(loaded);
  return { repository, closes: made.map(({ close }) => close) };
}

describe('lookup', () => {
  const { repository } = shelf(['iris', '2'], ['iris', '10'], ['iris', '9'], ['digits', '1.2.0']);

  it('means the newest version unless one is named', () => {
    expect(repository.find('iris').version).toBe('10');
    expect(repository.find('iris', '2').version).toBe('2');
    expect(repository.versions('iris').map((facts) => facts.version)).toEqual(['10', '9', '2']);
    expect(repository.list()).toHaveLength(4);
  });

  it('of an unknown model is empty, not an error', () => {
    expect(repository.versions('nobody')).toEqual([]);
  });

  it.each([
    [
      ['nobody'],
      'MODEL_NOT_FOUND',
      404,
      'There is no model named "nobody" here.',
      'Served here: iris, digits.',
    ],
    [
      ['iris', '3'],
      'VERSION_NOT_FOUND',
      404,
      'Model "iris" has no version 3 here.',
      'Its versions are: 2, 10, 9.',
    ],
    [
      ['iris', undefined, 'stable'],
      'LABEL_NOT_FOUND',
      400,
      'Model "iris" has no version labelled "stable".',
      'Its labels are: none.',
    ],
    [
      ['__proto__'],
      'MODEL_NOT_FOUND',
      404,
      'There is no model named "__proto__" here.',
      'Served here: iris, digits.',
    ],
    [
      ['iris', 'constructor'],
      'VERSION_NOT_FOUND',
      404,
      'Model "iris" has no version constructor here.',
      'Its versions are: 2, 10, 9.',
    ],
  ] as const)('%j', ([name, number, label], code, http, message, remedy) => {
    for (const look of [repository.find.bind(repository), repository.lease.bind(repository)]) {
      expect(() => look(name, number, label)).toThrow(
        expect.objectContaining({ code, http, message, remedy }),
      );
    }
  });

  it('without a name means the only model', () => {
    expect(shelf(['iris', '1'], ['iris', '2']).repository.only()).toMatchObject({
      name: 'iris',
      version: '2',
    });
    expect(() => repository.only()).toThrow(
      expect.objectContaining({
        code: 'MODEL_AMBIGUOUS',
        message: 'This path names no model, and 2 are served here.',
        remedy: 'Use a path with a model name: iris, digits.',
      }),
    );
    expect(() => new Repository().only()).toThrow(expect.objectContaining({ code: 'MODEL_AMBIGUOUS' }));
  });
});

describe('leases', () => {
  it('keep their version loaded; close waits for the last one', async () => {
    const { repository, closes } = shelf(['iris', '1'], ['iris', '2']);
    const leases = [repository.lease('iris'), repository.lease('iris', '2')];
    const closed = repository.close();
    expect(closes[0]).toHaveBeenCalledOnce();
    leases[0]!.release();
    await Promise.resolve();
    expect(closes[1]).not.toHaveBeenCalled();
    leases[1]!.release();
    await closed;
    expect(closes[1]).toHaveBeenCalledOnce();
  });

  it('are not given any more once closing has begun', async () => {
    const { repository } = shelf(['iris', '1']);
    const lease = repository.lease('iris');
    expect(lease.version.facts.version).toBe('1');
    const closed = repository.close();
    expect(() => repository.lease('iris')).toThrow(expect.objectContaining({ code: 'MODEL_NOT_FOUND' }));
    lease.release();
    await closed;
  });
});

describe('newerFirst', () => {
  it('orders as semver.org does in its own example', () => {
    const ascending = ['1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta', '1.0.0-beta.2'];
    ascending.push('1.0.0-beta.11', '1.0.0-rc.1', '1.0.0', '1.0.1', '1.2.0', '1.10.0', '2.0.0');
    expect(ascending.toReversed().toSorted(newerFirst).toReversed()).toEqual(ascending);
  });

  it.each([
    ['10', '9'],
    ['1', '0'],
    ['2', '1.9.9'],
    ['1.0.1', '1'],
    ['1.0.0-a', '1.0.0-Z'],
    ['1.0.0--', '1.0.0-1'],
    ['1.0.0-a-b', '1.0.0-a'],
  ])('%s is newer than %s', (newer, older) => {
    expect(newerFirst(newer, older)).toBeLessThan(0);
    expect(newerFirst(older, newer)).toBeGreaterThan(0);
  });

  it('is a total order', () => {
    const identifier = fc.oneof(fc.nat(30).map(String), fc.stringMatching(/^[a-zA-Z-][0-9a-zA-Z-]{0,3}$/));
    const pre = fc.array(identifier, { minLength: 1, maxLength: 3 }).map((parts) => `-${parts.join('.')}`);
    const semver = fc
      .tuple(fc.nat(3), fc.nat(3), fc.nat(3), fc.option(pre, { nil: '' }))
      .map(([a, b, c, tail]) => `${a}.${b}.${c}${tail}`);
    fc.assert(
      fc.property(semver, semver, semver, (a, b, c) => {
        expect(Math.sign(newerFirst(a, b)) + Math.sign(newerFirst(b, a))).toBe(0);
        expect(newerFirst(a, b) === 0).toBe(a === b);
        if (newerFirst(a, b) <= 0 && newerFirst(b, c) <= 0) expect(newerFirst(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});
