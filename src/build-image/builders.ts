import { lazyTable } from '../core/table.ts';
import type { BuilderEntry } from './builder.ts';

export const builders = lazyTable<BuilderEntry>({
  docker: async () => (await import('./builders/docker.ts')).docker,
});
