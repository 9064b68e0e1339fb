import { createServer, type Server } from 'node:net';
import { makeLog } from '../../observability/log.ts';
import type { OnReady } from '../announcement.ts';
import { type DoorName, maxConnections } from '../doors/gate.ts';
import { listen } from '../doors/listen.ts';
import { nextSignal } from '../signals.ts';
import type { CommandLine, Start } from '../starting.ts';
import { Crew } from './crew.ts';

export interface Supervised {
  readonly start: Start;
  /** What each process is started with. */
  readonly line: CommandLine;
  readonly isProven: boolean;
}

/**
 * Serves with several processes until SIGTERM or SIGINT, then drains. This process holds the ports and never loads the
 * runtime: what ends an engine ends neither the ports nor the other processes.
 * @param ready called once, when all processes answer
 * @returns exit code 0; 1 when what was in progress could not be finished
 * @throws MdeployError `PORT_IN_USE`, `ADDRESS_UNAVAILABLE`, and those of `serve` in the first process
 */
export async function supervise({ start, line, isProven }: Supervised, ready: OnReady): Promise<number> {
  const { models, options, plan, processes } = start;
  const { host, port, grpcPort, drainDelayMs } = options;
  const log = makeLog(options.logLevel, () => undefined);
  const signal = nextSignal();
  const listeners: Server[] = [];
  let crew: Crew | undefined;
  const open = async (door: DoorName, at: number) => {
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => {
      // A client that goes away is the business of the process that gets the connection.
      socket.on('error', () => undefined);
      if (crew) crew.give({ door, socket });
      else socket.destroy();
    });
    server.maxConnections = processes.count * maxConnections;
    const opened = await listen(server, { host, port: at });
    server.on('error', (error) => log.error({ err: error }, 'a connection could not be taken'));
    listeners.push(server);
    return opened;
  };
  const close = () => {
    for (const server of listeners.splice(0)) server.close();
  };
  try {
    const ports = {
      ...(port !== undefined && { http: await open('http', port) }),
      ...(grpcPort !== undefined && { grpc: await open('grpc', grpcPort) }),
    };
    log.info({ ports, processes: processes.count, why: processes.reason }, 'listening');
    crew = new Crew({
      beginning: { count: processes.count, line, plan, ports },
      isProven,
      log,
      closing: close,
    });
    const announcement = await Promise.race([crew.start(), signal]);
    if (announcement) {
      log.info({ ...announcement, processes: processes.count }, 'ready');
      ready(announcement, log);
      await signal;
    }
    const members = crew;
    // The second signal means now.
    void nextSignal().then(() => members.kill());
    log.info('draining');
    const graceMs = drainDelayMs + (models[0]?.manifest.serving.drain_timeout_ms ?? 0) + spareMs;
    const finished = await crew.drain(graceMs);
    log.info('stopped');
    return finished ? 0 : 1;
  } catch (error) {
    crew?.kill();
    throw error;
  } finally {
    close();
  }
}

/** What a process may take beyond its own grace before it is ended, milliseconds. */
const spareMs = 2_000;
