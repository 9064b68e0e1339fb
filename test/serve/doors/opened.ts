import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import type { Datatype, Tensor } from '../../../src/core/tensor.ts';
import { Metrics } from '../../../src/observability/metrics.ts';
import type { LoadedVersion } from '../../../src/repository/loaded-version.ts';
import { Repository } from '../../../src/repository/repository.ts';
import { compileGauge } from '../../../src/runtime/gauge.ts';
import type { Session } from '../../../src/runtime/session.ts';
import { WaitingRoom } from '../../../src/runtime/waiting-room.ts';
import { openPort } from '../../../src/serve/doors/gate.ts';
import { type HttpDoor, openHttpDoor, type SlowLimits } from '../../../src/serve/doors/http.ts';
import { Router } from '../../../src/serve/doors/router.ts';
import { healthProtocol, healthRoutes } from '../../../src/serve/health.ts';
import type { House } from '../../../src/serve/house.ts';
import type { Protocol } from '../../../src/serve/protocol.ts';
import { plain } from '../../../src/serve/protocols/plain.ts';
import { tfs } from '../../../src/serve/protocols/tfs.ts';

export interface OpenedDoor {
  readonly door: HttpDoor;
  readonly port: number;
  readonly url: string;
  readonly house: House;
  readonly version: LoadedVersion;
  /** Inputs of every run, in order. */
  readonly runs: (readonly Tensor[])[];
  /** What was logged. */
  readonly lines: Record<string, unknown>[];
}

export interface DoorOptions {
  readonly run?: Session['run'];
  readonly datatype?: Datatype;
  readonly name?: string;
  readonly input?: string;
  readonly maxBodyBytes?: number;
  readonly timeoutMs?: number;
  readonly queue?: { readonly maxSize: number; readonly timeoutMs: number };
  readonly isBroken?: () => boolean;
  readonly protocols?: readonly Protocol[];
  readonly limits?: SlowLimits;
}

/** A real door on a free port, with a model `echo` that gives its input `x` of shape [batch,2] back as `y`. */
export async function openDoor(options: DoorOptions = {}): Promise<OpenedDoor> {
  const runs: (readonly Tensor[])[] = [];
  const lines: Record<string, unknown>[] = [];
  const version = echoVersion(options, runs);
  const repository = new Repository();
  repository.add(version);
  const metrics = new Metrics();
  const house: House = {
    repository,
    metrics,
    overall: async () => ({ metrics, models: [] }),
    log: pino({ level: 'debug', base: null }, { write: (line: string) => lines.push(JSON.parse(line)) }),
    timeoutMs: options.timeoutMs ?? 5000,
    maxBodyBytes: options.maxBodyBytes ?? 1024 * 1024,
    state: 'ready',
    status: () => (options.isBroken?.() ? 'broken' : house.state),
  };
  const health = healthRoutes(house, {
    version: '0.0.0',
    openapi: () => ({ openapi: '3.1.0' }),
  });
  const spoken = options.protocols ?? [plain, tfs];
  const router = new Router([healthProtocol(health, plain), ...spoken], plain);
  const door = await openHttpDoor(house, router, { host: '127.0.0.1', port: 0 }, openPort, options.limits);
  onTestFinished(async () => {
    await door.close(0);
  });
  return { door, port: door.port, url: `http://127.0.0.1:${door.port}`, house, version, runs, lines };
}

export function echoVersion(options: DoorOptions = {}, runs: (readonly Tensor[])[] = []): LoadedVersion {
  const { name = 'echo', input = 'x', datatype = 'FP32', queue = { maxSize: 8, timeoutMs: 1000 } } = options;
  const signature = {
    inputs: [{ name: input, datatype, shape: ['batch', 2] }],
    outputs: [{ name: 'y', datatype, shape: ['batch', 2] }],
  };
  const session: Session = {
    signature,
    placement: 'worker',
    run: async (inputs, outputs) => {
      runs.push(inputs);
      if (options.run) return options.run(inputs, outputs);
      return [{ ...inputs[0]!, name: 'y' }];
    },
    close: async () => undefined,
  };
  const facts = {
    name,
    version: '1',
    description: '',
    state: 'AVAILABLE',
    signature,
    labels: new Map(),
  } as const;
  return {
    facts,
    manifest: {} as LoadedVersion['manifest'],
    prepare: null,
    gauge: compileGauge(signature),
    room: new WaitingRoom({ model: name, concurrency: 1, offLoop: true, ...queue }),
    session,
    graphOutputs: ['y'],
    outputNames: ['y'],
    finish: null,
    engine: 'echo',
  };
}
