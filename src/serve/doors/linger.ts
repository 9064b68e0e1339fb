import type { IncomingMessage } from 'node:http';

/** What a client that was answered in the middle of its upload may still send, before it reads why. */
export interface LingerLimits {
  /** Milliseconds in all. */
  readonly totalMs: number;
  /** Milliseconds without a byte. */
  readonly quietMs: number;
  readonly bytes: number;
}

const usual: LingerLimits = { totalMs: 30_000, quietMs: 2_000, bytes: 1024 ** 3 };

/** For a connection that is then closed: less, since the end of the server waits for it. */
export const beforeClosing: LingerLimits = { ...usual, totalMs: 5_000 };

/**
 * Reads the rest of an upload and throws it away. Closing at once would reset the connection, and a client that writes
 * everything before it reads would see that instead of the reply.
 * @returns when the upload has ended, or was cut off at a limit
 */
export function linger(
  request: IncomingMessage,
  { totalMs, quietMs, bytes }: LingerLimits = usual,
): Promise<void> {
  const cut = () => request.destroy();
  const total = setTimeout(cut, totalMs);
  const quiet = setTimeout(cut, quietMs);
  let left = bytes;
  request.on('data', (chunk: Uint8Array) => {
    left -= chunk.length;
    if (left < 0) cut();
    else quiet.refresh();
  });
  request.resume();
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(total);
      clearTimeout(quiet);
      resolve();
    };
    request.once('end', over);
    request.once('close', over);
  });
}
