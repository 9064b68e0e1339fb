import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import type { Signature, Tensor } from '../../../src/core/tensor.ts';
import { Metrics } from '../../../src/observability/metrics.ts';
import type { LoadedVersion } from '../../../src/repository/loaded-version.ts';
import { Repository } from '../../../src/repository/repository.ts';
import { compileGauge } from '../../../src/runtime/gauge.ts';
import type { Session } from '../../../src/runtime/session.ts';
import { WaitingRoom } from '../../../src/runtime/waiting-room.ts';
import type { GrpcDoor } from '../../../src/serve/doors/grpc.ts';
import type { House } from '../../../src/serve/house.ts';
import { openGrpc } from '../../../src/serve/open-grpc.ts';
import { GrpcClient } from '../grpc-client.ts';

export interface OpenedGrpc {
  readonly door: GrpcDoor;
  readonly client: GrpcClient;
  readonly address: string;
  readonly house: House;
  /** Inputs of every run, in order. */
  readonly runs: (readonly Tensor[])[];
  /** What was logged. */
  readonly lines: Record<string, unknown>[];
}

export interface GrpcOptions {
  readonly run?: Session['run'];
  /** Default: input `x` and output `y`, FP32 of shape [batch,2]. The outputs hold the data of the inputs. */
  readonly signature?: Signature;
  readonly labels?: ReadonlyMap<string, readonly string[]>;
  readonly versions?: readonly string[];
  readonly maxBodyBytes?: number;
  readonly timeoutMs?: number;
  readonly maxQueue?: number;
  readonly isBroken?: () => boolean;
  readonly clientOptions?: object;
}

/** A real gRPC door on a free port with a model `echo`, and a client. */
export async function openGrpcWith(options: GrpcOptions = {}): Promise<OpenedGrpc> {
  const runs: (readonly Tensor[])[] = [];
  const lines: Record<string, unknown>[] = [];
  const repository = new Repository();
  for (const version of options.versions ?? ['1']) repository.add(echo(version, options, runs));
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
  const door = await openGrpc(house, ['plain', 'tfs', 'v2'], { host: '127.0.0.1', port: 0 });
  const address = `127.0.0.1:${door.port}`;
  const client = new GrpcClient(address, options.clientOptions);
  onTestFinished(async () => {
    client.close();
    await door.close(0);
  });
  return { door, client, address, house, runs, lines };
}

const pair: Signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: ['batch', 2] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: ['batch', 2] }],
};

function echo(version: string, options: GrpcOptions, runs: (readonly Tensor[])[]): LoadedVersion {
  const signature = options.signature ?? pair;
  const run: Session['run'] = async (inputs, outputs) =>
    outputs.map((name) => {
      const index = signature.outputs.findIndex((output) => output.name === name);
      return { ...(inputs[index] ?? inputs[0]!), name };
    });
  const outputNames = signature.outputs.map(({ name }) => name);
  return {
    facts: {
      name: 'echo',
      version,
      description: '',
      state: 'AVAILABLE',
      signature,
      labels: options.labels ?? new Map(),
    },
    manifest: {} as LoadedVersion['manifest'],
    prepare: null,
    gauge: compileGauge(signature),
    room: new WaitingRoom({
      model: 'echo',
      concurrency: 1,
      maxSize: options.maxQueue ?? 8,
      offLoop: true,
      timeoutMs: 4000,
    }),
    session: {
      signature,
      placement: 'worker',
      run: (inputs, outputs) => {
        runs.push(inputs);
        return (options.run ?? run)(inputs, outputs);
      },
      close: async () => undefined,
    },
    graphOutputs: outputNames,
    outputNames,
    finish: null,
    engine: 'a test',
  };
}

/** A run that goes on until it is let go. */
export function held(): { readonly run: Session['run']; letGo(): void; readonly started: Promise<void> } {
  const gate = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  return {
    run: async ([input], outputs) => {
      begun.resolve();
      await gate.promise;
      return outputs.map((name) => ({ ...input!, name }));
    },
    letGo: () => gate.resolve(),
    started: begun.promise,
  };
}

/** A v2 request of one row for `echo`. */
export const oneRow = {
  modelName: 'echo',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 2], contents: { fp32Contents: [1, 2] } }],
};
export const inferMethod = 'inference.GRPCInferenceService/ModelInfer';
export const predictMethod = 'tensorflow.serving.PredictionService/Predict';
