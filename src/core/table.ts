/** A family's table: the name a user types → a lazy import of its entry. Nothing is loaded until asked for. */
export interface LazyTable<T> {
  readonly names: readonly string[];
  has(name: string): boolean;
  load(name: string): Promise<T>;
}

export function lazyTable<T>(entries: Readonly<Record<string, () => Promise<T>>>): LazyTable<T> {
  const table = new Map(Object.entries(entries));
  return {
    names: [...table.keys()],
    has: (name) => table.has(name),
    load: async (name) => {
      const entry = table.get(name);
      if (!entry) throw new RangeError(`no entry named ${name}; there are: ${[...table.keys()].join(', ')}`);
      return entry();
    },
  };
}
