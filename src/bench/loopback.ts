import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { failure } from '../core/errors/error.ts';
import { reasonOf } from '../core/files.ts';

/**
 * Proves that an address is this machine: a load generator is not pointed at others by accident.
 * @throws MdeployError `BENCH_REMOTE`, `SERVER_UNREACHABLE` when the name is not known
 */
export async function proveLoopback(url: URL): Promise<void> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const addresses = isIP(host) ? [host] : await addressesOf(host, url);
  const other = addresses.find((address) => !isLoopback(address));
  if (other !== undefined)
    throw failure('BENCH_REMOTE', { host }, { expected: 'a loopback address', received: other });
}

async function addressesOf(host: string, url: URL): Promise<string[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch (error) {
    const isUnknown = (error as NodeJS.ErrnoException).code === 'ENOTFOUND';
    const reason = isUnknown ? 'the host is not known' : reasonOf(error);
    throw failure('SERVER_UNREACHABLE', { url: url.href, reason }, { received: host, cause: error });
  }
}

function isLoopback(address: string): boolean {
  return /^127\./.test(address) || address === '::1' || /^::ffff:(127\.|7f)/i.test(address);
}
