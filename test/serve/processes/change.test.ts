import { describe, expect, it } from 'vitest';
import { failure } from '../../../src/core/errors/error.ts';
import { type Change, ChangeLog, catchUp } from '../../../src/serve/processes/change.ts';
import type { Question } from '../../../src/serve/processes/messages.ts';
import { shareChanges } from '../../../src/serve/processes/shared-changes.ts';
import { changeable } from '../noted-changes.ts';

const load = (name: string): Change => ({ kind: 'load', name });
const unload = (name: string, version?: string): Change => ({
  kind: 'unload',
  name,
  ...(version && { version }),
});
const add = (url: string, ...served: string[]): Change => ({ kind: 'add', url, served });
const first = (name: string, version: string): Change => ({ kind: 'default', name, version });
const become: Change = { kind: 'become', sources: [] };

describe('the changes a new process must make', () => {
  it.each<[string, Change[], Change[]]>([
    ['all of them', [load('a'), unload('b')], [load('a'), unload('b')]],
    ['a model once', [load('a'), unload('a'), load('a')], [load('a')]],
    ['nothing from before a new configuration', [load('a'), add('x', 'x'), become], [become]],
    ['what came after it', [become, unload('a')], [become, unload('a')]],
    ['what was added, though it was loaded again', [add('x', 'x'), load('x')], [add('x', 'x'), load('x')]],
    ['not what was added and taken away', [add('x', 'x'), load('x'), unload('x')], [unload('x')]],
    [
      'what was added with another that is gone',
      [add('x', 'x', 'y'), unload('x')],
      [add('x', 'x', 'y'), unload('x')],
    ],
    ['one version that is gone', [load('a'), unload('a', '1')], [load('a'), unload('a', '1')]],
    ['the last default', [first('a', '1'), first('a', '2')], [first('a', '2')]],
    ['no default of a model that was loaded anew', [first('a', '1'), load('a')], [load('a')]],
    ['the default of a model that was loaded', [load('a'), first('a', '1')], [load('a'), first('a', '1')]],
  ])('%s', (_, made, left) => {
    const log = new ChangeLog();
    for (const change of made) log.add(change);
    expect(log.made).toEqual(left);
  });

  it('stay few, however often a model is loaded', () => {
    const log = new ChangeLog();
    for (let round = 0; round < 1000; round++) log.add(load(`m${round % 3}`));
    expect(log.made).toHaveLength(3);
  });
});

describe('catching up', () => {
  it('makes them in order, and takes for made what is so already', async () => {
    const { changes, calls } = changeable();
    await catchUp(changes, [unload('a'), load('nobody'), load('b'), first('b', '2')]);
    expect(calls).toEqual([
      ['unload', 'a'],
      ['load', 'b'],
      ['setDefault', 'b', '2'],
    ]);
  });

  it('ends at one that cannot be made', async () => {
    const broken = failure('MODEL_LOAD_FAILED', { name: 'b', code: 'MODEL_REFUSED' });
    const changes = { ...changeable().changes, load: () => Promise.reject(broken) };
    await expect(catchUp(changes, [load('b')])).rejects.toMatchObject({ code: 'MODEL_LOAD_FAILED' });
  });
});

describe('a change in one of several processes', () => {
  const asker = () => {
    const questions: Question[] = [];
    const ask = async (question: Question) => void questions.push(question);
    return { questions, ask };
  };

  it('waits for its turn, is made here, then told', async () => {
    const { questions, ask } = asker();
    const { changes, calls } = changeable();
    await shareChanges(changes, ask).load('a');
    await shareChanges(changes, ask).unload('a', '1');
    await shareChanges(changes, ask).setDefault('a', '2');
    await shareChanges(changes, ask).become([]);
    await shareChanges(changes, ask).add({ url: 'x', name: 'y' });
    expect(questions.filter(({ kind }) => kind === 'turn')).toHaveLength(5);
    expect(questions.flatMap((question) => (question.kind === 'changed' ? [question.change] : []))).toEqual([
      load('a'),
      unload('a', '1'),
      first('a', '2'),
      become,
      { ...add('x', 'y'), name: 'y' },
    ]);
    expect(calls).toHaveLength(5);
  });

  it('that fails is no change, and others get their turn', async () => {
    const { questions, ask } = asker();
    const { changes } = changeable();
    await expect(shareChanges(changes, ask).load('nobody')).rejects.toMatchObject({
      code: 'MODEL_NOT_FOUND',
    });
    expect(questions).toEqual([{ kind: 'turn' }, { kind: 'changed', change: undefined }]);
  });
});
