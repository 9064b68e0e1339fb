import { failure } from '../core/errors/error.ts';
import type { Address, OpenGate } from './doors/gate.ts';
import { type GrpcDoor, openGrpcDoor } from './doors/grpc.ts';
import { healthService } from './grpc-health.ts';
import { grpcProtocols } from './grpc-protocols.ts';
import { reflectionService } from './grpc-reflection.ts';
import type { House } from './house.ts';

/**
 * Opens the gRPC door with what the protocols have to say there, and health and reflection beside it.
 * @param names of `serving.protocols`
 * @throws MdeployError `GRPC_NOTHING` when none of them speaks gRPC; `PORT_IN_USE`, `ADDRESS_UNAVAILABLE`
 */
export async function openGrpc(
  house: House,
  names: readonly string[],
  at: Address,
  openGate?: OpenGate,
): Promise<GrpcDoor> {
  const spoken = await Promise.all(
    names.filter((name) => grpcProtocols.has(name)).map((name) => grpcProtocols.load(name)),
  );
  if (spoken.length === 0) throw failure('GRPC_NOTHING', { protocols: grpcProtocols.names.join(', ') });
  const services = spoken.flatMap((protocol) => protocol.services.map((service) => service.name));
  const health = healthService(services);
  const all = [...services, ...health.services.map(({ name }) => name)];
  return openGrpcDoor(house, [...spoken, health, reflectionService(all)], at, openGate);
}
