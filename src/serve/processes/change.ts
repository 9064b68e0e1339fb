import { asMdeployError } from '../../core/errors/error.ts';
import type { ModelSource } from '../../repository/plan-sources.ts';
import type { Changes } from '../changes.ts';

/** A change of what is served, as it is made again in the other processes. */
export type Change =
  | { readonly kind: 'load'; readonly name: string }
  | { readonly kind: 'unload'; readonly name: string; readonly version?: string }
  | { readonly kind: 'become'; readonly sources: readonly ModelSource[] }
  /** `served`: the names under which the place was found to hold models. */
  | { readonly kind: 'add'; readonly url: string; readonly name?: string; readonly served: readonly string[] }
  | { readonly kind: 'default'; readonly name: string; readonly version: string };

/** Makes a change that another process has made. */
export async function makeChange(changes: Changes, change: Change): Promise<void> {
  switch (change.kind) {
    case 'load':
      return changes.load(change.name);
    case 'unload':
      return changes.unload(change.name, change.version);
    case 'become':
      return changes.become(change.sources);
    case 'add':
      await changes.add({ url: change.url, ...(change.name !== undefined && { name: change.name }) });
      return;
    case 'default':
      return changes.setDefault(change.name, change.version);
  }
}

/** Makes all changes since the start; what is so already is so. */
export async function catchUp(changes: Changes, made: readonly Change[]): Promise<void> {
  for (const change of made) {
    await makeChange(changes, change).catch((thrown: unknown) => {
      const error = asMdeployError(thrown);
      if (!alreadySo.has(error.code)) throw error;
    });
  }
}

const alreadySo = new Set<string>(['MODEL_NOT_FOUND', 'VERSION_NOT_FOUND', 'VERSION_SERVED_ALREADY']);

/** The changes that a new process must make to serve what the others do; those that a later one undoes are left out. */
export class ChangeLog {
  #made: readonly Change[] = [];

  get made(): readonly Change[] {
    return this.#made;
  }

  add(change: Change): void {
    this.#made = [...this.#made.filter((earlier) => !isUndone(earlier, change)), change];
  }
}

function isUndone(earlier: Change, later: Change): boolean {
  if (later.kind === 'become') return true;
  if (later.kind === 'add' || earlier.kind === 'become') return false;
  if (later.kind === 'unload' && later.version !== undefined) return false;
  // A load finds again what was added, so only the end of a model undoes that.
  if (earlier.kind === 'add')
    return later.kind === 'unload' && earlier.served.every((name) => name === later.name);
  if (earlier.name !== later.name) return false;
  return later.kind !== 'default' || earlier.kind === 'default';
}
