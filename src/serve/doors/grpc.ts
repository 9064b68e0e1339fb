import { type ConnectionInjector, Server, ServerCredentials } from '@grpc/grpc-js';
import { within } from '../../core/within.ts';
import type { GrpcProtocol } from '../grpc-protocol.ts';
import type { House } from '../house.ts';
import { type Address, type Gate, type OpenGate, openPort } from './gate.ts';
import { guardCalls } from './grpc-guard.ts';
import { handlerOf } from './grpc-handlers.ts';
import { OpenStreams } from './open-streams.ts';

export interface GrpcDoor {
  readonly host: string;
  readonly port: number;
  /**
   * Takes no more connections, tells clients to go (GOAWAY) and waits for calls in progress; streams end after the
   * message they are at.
   * @returns whether all calls were finished within the grace (milliseconds)
   */
  close(graceMs: number): Promise<boolean>;
}

/**
 * Rooms 1 and 12 for gRPC: HTTP/2 without TLS (h2c) → request message, reply message → stream.
 * @throws MdeployError `PORT_IN_USE`, `ADDRESS_UNAVAILABLE`
 */
export async function openGrpcDoor(
  house: House,
  protocols: readonly GrpcProtocol[],
  at: Address,
  openGate: OpenGate = openPort,
): Promise<GrpcDoor> {
  const grpc = new Server({
    ...options,
    'grpc.max_receive_message_length': house.maxBodyBytes,
    interceptors: [guardCalls(house)],
  });
  const streams = new OpenStreams();
  for (const protocol of protocols) {
    for (const service of protocol.services) {
      for (const method of service.methods) {
        const path = `/${service.name}/${method.name}`;
        const { handle, type } = handlerOf({ protocol, path, method }, house, streams);
        grpc.register(path, handle, asBuffer, (body) => body, type);
      }
    }
  }
  // Our own gate: it says why a port cannot be had, and keeps to the limit on connections.
  const injector = grpc.createConnectionInjector(ServerCredentials.createInsecure());
  const gate = await openGate(
    'grpc',
    at,
    (socket) => injector.injectConnection(socket),
    (error) => house.log.error({ err: error }, 'a gRPC connection could not be taken'),
  );
  return {
    host: gate.host,
    port: gate.port,
    close: (graceMs) => close(graceMs, { grpc, injector, gate, streams }),
  };
}

interface Parts {
  readonly grpc: Server;
  readonly injector: ConnectionInjector;
  readonly gate: Gate;
  readonly streams: OpenStreams;
}

async function close(graceMs: number, { grpc, injector, gate, streams }: Parts): Promise<boolean> {
  const closed = gate.close();
  injector.drain(graceMs);
  streams.end();
  const inTime = await within(graceMs, closed);
  gate.cut();
  grpc.forceShutdown();
  await closed;
  return inTime ?? false;
}

const options = {
  // Pings find clients that went away without a word, and those that never say a word.
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 20_000,
  'grpc.max_concurrent_streams': 256,
  'grpc.enable_channelz': 0,
} as const;

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
