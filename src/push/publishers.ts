import { lazyTable } from '../core/table.ts';
import type { PublisherEntry } from './publisher.ts';

export const publishers = lazyTable<PublisherEntry>({
  registry: async () => (await import('./publishers/registry.ts')).registry,
});
