import { failure } from '../core/errors/error.ts';
import { grammars } from '../core/names.ts';
import { type LogLevel, logLevels } from '../observability/log.ts';
import { type Environment, platformAddress } from './platform.ts';
import type { ServeOptions } from './serve.ts';

/**
 * Flags of serving, as `node:util` parseArgs takes them; the same in the CLI and in an image. Host and port have no
 * default here: a platform's environment counts where no flag was given.
 */
export const serveFlags = {
  name: { type: 'string' },
  host: { type: 'string' },
  port: { type: 'string' },
  'grpc-port': { type: 'string' },
  'log-level': { type: 'string', default: 'info' },
  'drain-delay': { type: 'string', default: '250' },
  'allow-repository-changes': { type: 'boolean' },
  processes: { type: 'string' },
} as const;

/** Flags by name, as they were given. */
export type FlagValues = Readonly<Record<string, string | boolean | undefined>>;

export interface ServeFlags extends ServeOptions {
  /** Served name instead of the manifest's. */
  readonly name?: string;
  readonly allowChanges?: true;
}

/**
 * @param environment where a platform may say where to listen (docs/protocols.md, "Platforms")
 * @throws MdeployError `USAGE` naming the flag or variable, what it takes and what it got
 */
export function parseServeFlags(values: FlagValues, environment: Environment = {}): ServeFlags {
  const name = text(values.name);
  const wished = platformAddress(environment);
  const port = text(values.port);
  const grpcPort = text(values['grpc-port']);
  if (name !== undefined && !grammars.modelName.test(name)) {
    throw wrong('--name', 'letters, digits and . _ - (128 at most)', name);
  }
  return {
    ...(name !== undefined && { name }),
    host: host(text(values.host) ?? wished.host ?? '127.0.0.1'),
    port: port === undefined ? whole(wished.variable, wished.port, 65_535) : whole('--port', port, 65_535),
    ...(grpcPort !== undefined && { grpcPort: whole('--grpc-port', grpcPort, 65_535) }),
    ...(values['allow-repository-changes'] === true && { allowChanges: true }),
    logLevel: level(text(values['log-level']) ?? serveFlags['log-level'].default),
    drainDelayMs: whole(
      '--drain-delay',
      text(values['drain-delay']) ?? serveFlags['drain-delay'].default,
      600_000,
    ),
  };
}

function host(given: string): string {
  if (/^[A-Za-z0-9.:_-]{1,253}$/.test(given)) return given;
  throw wrong('--host', 'a host name or an IP address', given);
}

function whole(flag: string, given: string, highest: number): number {
  const value = Number(given);
  if (/^\d+$/.test(given) && value <= highest) return value;
  throw wrong(flag, `a whole number from 0 to ${highest}`, given);
}

function level(given: string): LogLevel {
  const found = logLevels.find((name) => name === given);
  if (found) return found;
  throw wrong('--log-level', logLevels.join(', '), given);
}

function wrong(flag: string, expected: string, received: string) {
  const problem = `${flag} takes ${expected}, not "${received}".`;
  return failure('USAGE', { problem, verb: 'serve' }, { field: flag, expected, received });
}

function text(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
