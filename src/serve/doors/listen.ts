import type { AddressInfo, Server } from 'node:net';
import { failure } from '../../core/errors/error.ts';
import { reasonOf } from '../../core/files.ts';

/**
 * Starts listening.
 * @returns the port, which is another than the one asked for when that was 0
 * @throws MdeployError `PORT_IN_USE`, `ADDRESS_UNAVAILABLE`
 */
export function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? failure('PORT_IN_USE', { host, port }, { cause: error })
          : failure('ADDRESS_UNAVAILABLE', { host, port, reason: reasonOf(error) }, { cause: error }),
      );
    });
    server.listen({ host, port, backlog: 1024 }, () => resolve((server.address() as AddressInfo).port));
  });
}
