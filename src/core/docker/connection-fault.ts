import { failure, type MdeployError } from '../errors/error.ts';
import { reasonOf } from '../files.ts';
import { engineReason } from './faults.ts';

interface Place {
  readonly kind: 'socket' | 'tcp' | 'ssh';
  readonly address: string;
  readonly source: string;
}

/**
 * Why the engine did not answer the first call.
 * @param sshWords what ssh printed, when it made the connection
 */
export function connectionFault(
  error: unknown,
  { kind, address, source }: Place,
  sshWords = '',
): MdeployError {
  const { code = '', statusCode } = (error ?? {}) as { code?: string; statusCode?: number };
  const details = { cause: error };
  if (kind === 'socket' && (code === 'EACCES' || code === 'EPERM'))
    return failure('ENGINE_FORBIDDEN', { address, source }, details);
  const tls = (reason: string) => failure('ENGINE_TLS', { address, source, reason }, details);
  if (tlsCodes.test(code)) return tls(reasonOf(error));
  if (statusCode === 400 && /HTTP request to an HTTPS server/.test(reasonOf(error)))
    return tls('the engine wants TLS; set DOCKER_TLS_VERIFY=1');
  const words = kind === 'ssh' && code === 'ENOENT' ? 'the program ssh is not installed' : sshWords.trim();
  // A refused multi-address connection is an AggregateError with no words of its own.
  const reason = words || (reasons.get(code) ?? (engineReason(error) || code || 'no reason is given'));
  return failure('ENGINE_UNREACHABLE', { address, source, reason }, details);
}

// Node's own, OpenSSL's and X509_V_ERR_* names.
const tlsCodes =
  /^(ERR_TLS|ERR_SSL|ERR_OSSL|CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO|EPROTO|HOSTNAME_MISMATCH|INVALID_CA)/;

const reasons = new Map([
  ['ENOENT', 'there is no such socket'],
  ['ECONNREFUSED', 'the connection is refused'],
  ['ENOTFOUND', 'the host name is unknown'],
  ['EAI_AGAIN', 'the host name cannot be looked up'],
  ['ABORT_ERR', 'it does not answer in time'],
  ['ECONNRESET', 'the connection was closed'],
  ['ENETUNREACH', 'there is no network to it from here'],
  ['EHOSTUNREACH', 'the host cannot be reached'],
  ['ETIMEDOUT', 'it does not answer in time'],
]);
