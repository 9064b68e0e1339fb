import type { OpenGate } from './doors/gate.ts';
import type { GrpcDoor } from './doors/grpc.ts';
import { openHttpDoor } from './doors/http.ts';
import type { Router } from './doors/router.ts';
import type { House } from './house.ts';
import type { openGrpc as OpenGrpc } from './open-grpc.ts';

export interface DoorOptions {
  readonly host: string;
  /** REST port. 0: any free one. Undefined: no REST. */
  readonly port: number | undefined;
  /** 0: any free port. Undefined: no gRPC, and none of its code is loaded. */
  readonly grpcPort?: number | undefined;
  /** Default: ports of this process. */
  readonly openGate?: OpenGate;
}

export interface Doors {
  /** `http://host:port`; empty when there is no REST. */
  readonly url: string;
  /** `host:port`; undefined when there is no gRPC. */
  readonly grpc: string | undefined;
  /** @returns whether the requests in progress were finished within the grace (milliseconds) */
  close(graceMs: number): Promise<boolean>;
}

/**
 * Opens the doors that are asked for, or none.
 * @param names of `serving.protocols`
 * @throws MdeployError `PORT_IN_USE`, `ADDRESS_UNAVAILABLE`, `GRPC_NOTHING`
 */
export async function openDoors(
  house: House,
  router: Router,
  names: readonly string[],
  { host, port, grpcPort, openGate }: DoorOptions,
): Promise<Doors> {
  const http = port === undefined ? undefined : await openHttpDoor(house, router, { host, port }, openGate);
  try {
    const grpc =
      grpcPort === undefined ? undefined : await openGrpc(house, names, { host, port: grpcPort }, openGate);
    return {
      url: http ? `http://${addressOf(http)}` : '',
      grpc: grpc && addressOf(grpc),
      close: async (graceMs) => {
        const finished = await Promise.all([http?.close(graceMs), grpc?.close(graceMs)]);
        return !finished.includes(false);
      },
    };
  } catch (error) {
    await http?.close(0);
    throw error;
  }
}

async function openGrpc(...given: Parameters<typeof OpenGrpc>): Promise<GrpcDoor> {
  const { openGrpc: open } = await import('./open-grpc.ts');
  return open(...given);
}

function addressOf({ host, port }: { readonly host: string; readonly port: number }): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
