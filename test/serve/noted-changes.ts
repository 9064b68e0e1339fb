import { failure } from '../../src/core/errors/error.ts';
import type { Changes, NewModel } from '../../src/serve/changes.ts';
import { modelFacts, serverFacts } from './catalogue.ts';

/** A server that notes what it is told to change; nobody is a model that is not there. */
export function changeable() {
  const calls: unknown[] = [];
  const proofs: NonNullable<NewModel['prove']>[] = [];
  const changes: Changes = {
    load: async (name) => {
      if (name === 'nobody') throw failure('MODEL_NOT_FOUND', { name, models: 'iris' });
      calls.push(['load', name]);
    },
    unload: async (name, version) =>
      void calls.push(['unload', name, ...(version === undefined ? [] : [version])]),
    freed: async () => void calls.push(['freed']),
    become: async (sources) => void calls.push(['become', sources]),
    add: async ({ prove, ...model }) => {
      calls.push(['add', model]);
      if (prove) proofs.push(prove);
      return [modelFacts({ name: model.name ?? 'iris', version: '3' })];
    },
    setDefault: async (name, version) => void calls.push(['setDefault', name, version]),
    isAdded: ({ version }) => version === '3',
  };
  return { calls, proofs, changes, server: { ...serverFacts(), changes } };
}
