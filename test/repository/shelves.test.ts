import { describe, expect, it, vi } from 'vitest';
import type { LoadedVersion } from '../../src/repository/loaded-version.ts';
import { Repository } from '../../src/repository/repository.ts';

function version(name: string, number: string) {
  const close = vi.fn(async () => undefined);
  const facts = { name, version: number, description: '', state: 'AVAILABLE', labels: new Map() };
  return { loaded: { facts, session: { close } } as unknown as LoadedVersion, close };
}

function deskWith(...numbers: string[]) {
  const repository = new Repository();
  const made = numbers.map((number) => version('iris', number));
  for (const { loaded } of made) void repository.add(loaded);
  return { repository, made };
}

const states = (repository: Repository) =>
  repository.history().map(({ version: number, state, reason }) => [number, state, reason]);

describe('a label', () => {
  it('means a version, and only one that is served', async () => {
    const { repository } = deskWith('1', '2');
    repository.label(
      'iris',
      new Map([
        ['stable', '1'],
        ['next', '3'],
      ]),
    );
    expect(repository.find('iris', undefined, 'stable').version).toBe('1');
    expect(repository.lease('iris', undefined, 'stable').version.facts.version).toBe('1');
    expect(() => repository.find('iris', undefined, 'next')).toThrow(
      expect.objectContaining({ code: 'LABEL_NOT_FOUND', remedy: 'Its labels are: stable, next.' }),
    );
  });

  it('goes with its version, and with the list it was in', async () => {
    const { repository } = deskWith('1', '2');
    repository.label('iris', new Map([['stable', '1']]));
    await repository.remove('iris', '2');
    expect(repository.find('iris', undefined, 'stable').version).toBe('1');
    repository.label('iris', new Map());
    expect(() => repository.find('iris', undefined, 'stable')).toThrow(
      expect.objectContaining({ code: 'LABEL_NOT_FOUND', remedy: 'Its labels are: none.' }),
    );
    repository.label('nobody', new Map([['stable', '1']]));
    expect(() => repository.find('nobody', undefined, 'stable')).toThrow(
      expect.objectContaining({ code: 'MODEL_NOT_FOUND' }),
    );
  });
});

describe('a version that is pinned', () => {
  it('is what requests without one mean, until it is gone', async () => {
    const { repository } = deskWith('1', '2');
    repository.pin('iris', '1');
    expect(repository.find('iris').version).toBe('1');
    void repository.add(version('iris', '3').loaded);
    expect(repository.lease('iris').version.facts.version).toBe('1');
    void repository.add(version('iris', '1').loaded);
    expect(repository.find('iris').version).toBe('1');
    await repository.remove('iris', '2');
    expect(repository.find('iris').version).toBe('1');
    repository.remove('iris', '1');
    expect(repository.find('iris').version).toBe('3');
    void repository.add(version('iris', '1').loaded);
    expect(repository.find('iris').version).toBe('3');
  });

  it('must be there', () => {
    const { repository } = deskWith('1');
    expect(() => repository.pin('iris', '2')).toThrow(expect.objectContaining({ code: 'VERSION_NOT_FOUND' }));
    expect(() => repository.pin('rose', '1')).toThrow(expect.objectContaining({ code: 'MODEL_NOT_FOUND' }));
    expect(repository.find('iris').version).toBe('1');
  });
});

describe('a version that is removed', () => {
  it('can be waited for until it is freed', async () => {
    const { repository, made } = deskWith('1', '2');
    const lease = repository.lease('iris', '1');
    void repository.remove('iris', '1');
    const freed = repository.freed();
    expect(made[0]!.close).not.toHaveBeenCalled();
    lease.release();
    await freed;
    expect(made[0]!.close).toHaveBeenCalledOnce();
    await repository.freed();
  });

  it('gets no new requests, and is freed when the last one is answered', async () => {
    const { repository, made } = deskWith('1', '2');
    const lease = repository.lease('iris');
    const removed = repository.remove('iris', '2');
    expect(repository.find('iris').version).toBe('1');
    expect(() => repository.lease('iris', '2')).toThrow(
      expect.objectContaining({ code: 'VERSION_NOT_FOUND' }),
    );
    expect(states(repository)).toEqual([
      ['1', 'AVAILABLE', undefined],
      ['2', 'UNLOADING', undefined],
    ]);
    expect(made[1]!.close).not.toHaveBeenCalled();
    expect(lease.version.facts.version).toBe('2');
    lease.release();
    await removed;
    expect(made[1]!.close).toHaveBeenCalledOnce();
    expect(states(repository)[1]).toEqual(['2', 'END', 'unloaded']);
  });

  it('takes the model with it when it was the last', async () => {
    const { repository } = deskWith('1');
    await repository.remove('iris', '1');
    expect(repository.list()).toEqual([]);
    expect(() => repository.find('iris')).toThrow(expect.objectContaining({ code: 'MODEL_NOT_FOUND' }));
    await expect(repository.remove('iris', '1')).resolves.toBeUndefined();
  });

  it('is waited for by close', async () => {
    const { repository, made } = deskWith('1');
    const lease = repository.lease('iris');
    void repository.remove('iris', '1');
    let isClosed = false;
    const closed = repository.close().then(() => {
      isClosed = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isClosed).toBe(false);
    lease.release();
    await closed;
    expect(made[0]!.close).toHaveBeenCalledOnce();
  });

  it('may come back before it has left', async () => {
    const { repository, made } = deskWith('1');
    const lease = repository.lease('iris');
    const removed = repository.remove('iris', '1');
    const again = version('iris', '1');
    await repository.add(again.loaded);
    lease.release();
    await removed;
    expect(states(repository)).toEqual([['1', 'AVAILABLE', undefined]]);
    expect(repository.lease('iris').version).toBe(again.loaded);
    expect(made[0]!.close).toHaveBeenCalledOnce();
    expect(again.close).not.toHaveBeenCalled();
  });
});

describe('a version that is put in the place of another', () => {
  it('takes the next request while the other ends what it has begun', async () => {
    const { repository, made } = deskWith('1');
    const lease = repository.lease('iris');
    const again = version('iris', '1');
    const added = repository.add(again.loaded);
    expect(repository.lease('iris').version).toBe(again.loaded);
    expect(lease.version).toBe(made[0]!.loaded);
    expect(made[0]!.close).not.toHaveBeenCalled();
    lease.release();
    await added;
    expect(made[0]!.close).toHaveBeenCalledOnce();
    expect(repository.loaded()).toEqual([again.loaded]);
  });

  it('tells whoever put it there when the other cannot be freed', async () => {
    const repository = new Repository();
    const broken = version('iris', '1');
    broken.close.mockRejectedValueOnce(new Error('stuck'));
    await repository.add(broken.loaded);
    await expect(repository.add(version('iris', '1').loaded)).rejects.toThrow('stuck');
  });
});

describe('what is noted', () => {
  it('shows what is not served, and never hides what is', () => {
    const { repository } = deskWith('1');
    const { loaded } = version('iris', '2');
    repository.note({ ...loaded.facts, state: 'LOADING' });
    repository.note({ ...loaded.facts, version: '1', state: 'LOADING' });
    expect(states(repository)).toEqual([
      ['1', 'AVAILABLE', undefined],
      ['2', 'LOADING', undefined],
    ]);
    repository.note({ ...loaded.facts, state: 'END', reason: 'broken' });
    expect(states(repository)[1]).toEqual(['2', 'END', 'broken']);
    repository.forget({ name: 'iris', version: '2' });
    repository.forget({ name: 'iris', version: '1' });
    expect(states(repository)).toEqual([['1', 'AVAILABLE', undefined]]);
    expect(repository.versions('iris')).toHaveLength(1);
  });
});
