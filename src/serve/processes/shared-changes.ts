import type { Changes } from '../changes.ts';
import type { Change } from './change.ts';
import type { Question } from './messages.ts';

/**
 * Changes that all processes make: here first, then, when that has succeeded, in the others. One process at a time.
 * @param ask the supervisor
 */
export function shareChanges(local: Changes, ask: (question: Question) => Promise<unknown>): Changes {
  const share = async <T>(make: () => T | Promise<T>, told: (made: T) => Change): Promise<T> => {
    await ask({ kind: 'turn' });
    let change: Change | undefined;
    try {
      const made = await make();
      change = told(made);
      return made;
    } finally {
      await ask({ kind: 'changed', change });
    }
  };
  return {
    ...local,
    load: (name) =>
      share(
        () => local.load(name),
        () => ({ kind: 'load', name }),
      ),
    unload: (name, version) =>
      share(
        () => local.unload(name, version),
        () => ({ kind: 'unload', name, ...(version !== undefined && { version }) }),
      ),
    become: (sources) =>
      share(
        () => local.become(sources),
        () => ({ kind: 'become', sources }),
      ),
    add: (model) =>
      share(
        () => local.add(model),
        (added) => {
          const { url, name } = model;
          const served = [...new Set(added.map((facts) => facts.name))];
          return { kind: 'add', url, ...(name !== undefined && { name }), served };
        },
      ),
    setDefault: (name, version) =>
      share(
        () => local.setDefault(name, version),
        () => ({ kind: 'default', name, version }),
      ),
  };
}
