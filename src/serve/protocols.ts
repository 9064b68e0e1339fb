import { lazyTable } from '../core/table.ts';
import type { Protocol } from './protocol.ts';

/** The dialects of the HTTP door, by the name used in `serving.protocols`. */
export const protocols = lazyTable<Protocol>({
  plain: async () => (await import('./protocols/plain.ts')).plain,
  tfs: async () => (await import('./protocols/tfs.ts')).tfs,
  v2: async () => (await import('./protocols/v2.ts')).v2,
  kserve: async () => (await import('./protocols/kserve.ts')).kserve,
  torchserve: async () => (await import('./protocols/torchserve.ts')).torchserve,
  mlflow: async () => (await import('./protocols/mlflow.ts')).mlflow,
  sagemaker: async () => (await import('./protocols/sagemaker.ts')).sagemakerFor(process.env),
  vertex: async () => (await import('./protocols/vertex.ts')).vertexFor(process.env),
});
