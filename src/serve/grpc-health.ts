import { failure } from '../core/errors/error.ts';
import type { GrpcProtocol } from './grpc-protocol.ts';
import { HealthCheckRequest, HealthCheckResponse, ServingStatus as Status } from './proto/health.gen.ts';
import type { ServerFacts } from './protocol.ts';

/** `grpc.health.v1.Health`: what `/readyz` says, for the server ("") and for each of its services. */
export function healthService(services: readonly string[]): GrpcProtocol {
  const known = new Set(['', ...services]);
  return {
    name: 'health',
    services: [
      {
        name: 'grpc.health.v1.Health',
        methods: [
          {
            kind: 'info',
            name: 'Check',
            api: 'health',
            answer: (body, _, server) => {
              const { service } = HealthCheckRequest.decode(body);
              if (known.has(service)) return HealthCheckResponse.encode({ status: statusOf(server) });
              throw failure('SERVICE_UNKNOWN', { service, services: services.join(', ') });
            },
          },
          {
            kind: 'watch',
            name: 'Watch',
            api: 'health',
            look: (body, server) => {
              const isKnown = known.has(HealthCheckRequest.decode(body).service);
              return HealthCheckResponse.encode({
                status: isKnown ? statusOf(server) : Status.SERVICE_UNKNOWN,
              });
            },
          },
        ],
      },
    ],
    textOf: (error) => `${error.message} ${error.remedy}`,
  };
}

function statusOf(server: ServerFacts): number {
  return server.status() === 'ready' ? Status.SERVING : Status.NOT_SERVING;
}
