import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { failure } from '../core/errors/error.ts';
import { onInterrupt } from '../core/interrupt.ts';
import { within } from '../core/within.ts';

export interface ServerProcess {
  readonly url: URL;
  /** The gRPC port, as `http://HOST:PORT`; undefined: it was not asked for. */
  readonly grpc: URL | undefined;
  /** Placement of the engine and why, as the server says. */
  readonly engine: string;
  /** Milliseconds from the start of the process until it was ready. */
  readonly readyMs: number;
  /** Clock of the start, milliseconds. */
  readonly startedAt: number;
  stop(): Promise<void>;
}

declare const MDEPLOY_BUILD: 'cli' | 'server' | undefined;

/**
 * Starts the server of packages and images on a free loopback port, as a process of its own: the load and the server
 * share no event loop.
 * @param flags of `serve`, beside the ports
 * @throws MdeployError `BENCH_SERVER_ENDED`
 */
export async function startServer(
  target: string,
  readyTimeoutMs: number,
  flags: readonly string[] = [],
): Promise<ServerProcess> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [entry(), target, '--port', '0', '--drain-delay', '0', ...flags], {
    env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const forget = onInterrupt(() => void child.kill('SIGKILL'));
  const stop = async () => {
    await end(child);
    forget();
  };
  const line = await within(readyTimeoutMs, readyLine(child));
  if (line?.url === undefined) {
    await stop();
    const reason = line === undefined ? `it was not ready within ${readyTimeoutMs} ms` : line.reason;
    throw failure('BENCH_SERVER_ENDED', { target, reason }, { received: reason });
  }
  const readyMs = performance.now() - startedAt;
  const grpc = line.grpc === undefined ? undefined : new URL(`http://${line.grpc}`);
  return { url: new URL(line.url), grpc, engine: line.engine, readyMs, startedAt, stop };
}

type Line =
  | { readonly url: string; readonly grpc: string | undefined; readonly engine: string }
  | { readonly url: undefined; readonly reason: string };

// The server logs one JSON document a line; the pipe is read to its end, or the server would wait for us.
function readyLine(child: ChildProcess): Promise<Line> {
  let problem = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    problem = `${problem}${text}`.slice(0, 2000);
  });
  return new Promise((resolve) => {
    createInterface({ input: child.stdout! }).on('line', (text) => {
      if (!text.includes('"ready"')) return;
      const { msg, url, grpc, engine } = JSON.parse(text) as Record<string, unknown>;
      if (msg === 'ready')
        resolve({ url: String(url), grpc: grpc as string | undefined, engine: String(engine ?? '') });
    });
    child.once('error', (error) => resolve({ url: undefined, reason: error.message }));
    child.once('close', (code, signal) =>
      resolve({ url: undefined, reason: problem.trim() || `it ended with ${signal ?? code}` }),
    );
  });
}

function entry(): string {
  const build = typeof MDEPLOY_BUILD === 'undefined' ? 'source' : MDEPLOY_BUILD;
  return fileURLToPath(new URL(build === 'source' ? '../serve/main.ts' : './server.mjs', import.meta.url));
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = new Promise<true>((resolve) => child.once('exit', () => resolve(true)));
  child.kill('SIGTERM');
  if ((await within(5_000, ended)) === undefined) {
    child.kill('SIGKILL');
    await ended;
  }
}
