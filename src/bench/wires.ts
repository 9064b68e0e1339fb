import { lazyTable } from '../core/table.ts';
import type { Wire } from './wire.ts';

/** Every dialect that load can be made in, under the name that `--protocol` takes. */
export const wires = lazyTable<Wire>({
  plain: async () => (await import('./wires/plain.ts')).plain,
  tfs: async () => (await import('./wires/tfs.ts')).tfs,
  'tfs-grpc': async () => (await import('./wires/tfs-grpc.ts')).tfsGrpc,
  v2: async () => (await import('./wires/v2.ts')).v2,
  'v2-binary': async () => (await import('./wires/v2-binary.ts')).v2Binary,
  'v2-grpc': async () => (await import('./wires/v2-grpc.ts')).v2Grpc,
});
