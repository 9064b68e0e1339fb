import { join } from 'node:path';
import { execa } from 'execa';
import { openModel } from '../../src/repository/open-model.ts';
import { type RunningServer, serve } from '../../src/serve/serve.ts';
import { fixturePath } from '../fixtures.ts';

/** Models that give back what they get, one per width, and a real one. */
export const clientModels = {
  identity_int64: fixturePath('traits/identity_int64/model.onnx'),
  identity_int32: fixturePath('traits/identity_int32/model.onnx'),
  identity_float64: fixturePath('traits/identity_float64/model.onnx'),
  identity_float16: fixturePath('traits/identity_float16/model.onnx'),
  string_io: fixturePath('traits/string_io/model.onnx'),
  iris: join(import.meta.dirname, '..', '..', 'examples', 'iris'),
};

/** Servers with both doors open, one per model. */
export async function serveAll(
  models: Readonly<Record<string, string>>,
): Promise<ReadonlyMap<string, RunningServer>> {
  const options = { host: '127.0.0.1', port: 0, grpcPort: 0, logLevel: 'silent', drainDelayMs: 0 } as const;
  const servers = new Map<string, RunningServer>();
  for (const [name, path] of Object.entries(models))
    servers.set(name, await serve(await openModel(path, { name }), options));
  return servers;
}

export function grpcAddresses(servers: ReadonlyMap<string, RunningServer>): Record<string, string> {
  return Object.fromEntries([...servers].map(([name, { grpc }]) => [name, grpc!]));
}

/** Runs a script of `clients/` with `argument` as JSON; returns what it prints: `{"check": "ok" or why}`. */
export async function runClient(
  python: string,
  script: string,
  argument: object,
): Promise<Record<string, string>> {
  const file = join(import.meta.dirname, 'clients', script);
  const { stdout } = await execa(python, [file, JSON.stringify(argument)], { timeout: 300_000 });
  return JSON.parse(stdout) as Record<string, string>;
}
