import { lazyTable } from '../core/table.ts';
import type { GrpcProtocol } from './grpc-protocol.ts';

/** The dialects of the gRPC door, by the name used in `serving.protocols`. */
export const grpcProtocols = lazyTable<GrpcProtocol>({
  tfs: async () => (await import('./protocols/tfs-grpc.ts')).tfsGrpc,
  v2: async () => (await import('./protocols/v2-grpc.ts')).v2Grpc,
  torchserve: async () => (await import('./protocols/torchserve-grpc.ts')).torchserveGrpc,
});
