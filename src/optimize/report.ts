import { arch, cpus, platform } from 'node:os';
import { sha256File } from '../core/hash.ts';
import { version } from '../core/version.ts';
import type { NamedFeed } from '../proof/made-up.ts';
import type { Environment } from '../python/environment.ts';
import type { OpenedModel } from '../repository/opened-model.ts';
import { onnxRuntimeVersion } from '../runtime/onnxruntime.ts';
import type { Court } from './judge.ts';
import type { Served } from './serve-winner.ts';
import type { Variant } from './variant.ts';

export type OptimizationReport = Awaited<ReturnType<typeof reportOf>>;

interface ReportInput {
  readonly target: string;
  readonly folder: string;
  readonly opened: OpenedModel;
  readonly court: Court;
  readonly served: Served | undefined;
  readonly variants: readonly Variant[];
  readonly leftOut: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
  readonly environment: Environment | null;
}

/** What was tried, measured and kept, on which machine and with which tools. */
export async function reportOf(input: ReportInput) {
  const { opened, court, variants } = input;
  const { origin, judged, calibration, isShared, request, loadMs } = court.evidence;
  return {
    source: {
      target: input.target,
      name: opened.manifest.name,
      version: opened.manifest.version,
      model: opened.manifest.model.path,
      sha256: await sha256File(opened.modelPath),
      bytes: court.original.fileBytes,
      load_ms: loadMs,
      latency_ms: quietest(variants, court.originalMs),
    },
    folder: input.folder,
    served: input.served?.variant.name ?? 'original',
    /** Machines on which it is; null: on all. */
    served_when: input.served?.when ?? null,
    keep_if: court.keepIf,
    inputs: {
      origin,
      judged: judged.length,
      judged_rows: rowsOf(judged),
      calibration: calibration.length,
      calibration_rows: rowsOf(calibration),
      calibrated_with_what_is_judged: isShared,
      timed_request: request.map(({ name, datatype, shape }) => ({ name, datatype, shape })),
    },
    /** How far a race of the original against itself was off: smaller gains are noise. */
    noise: court.noise,
    variants,
    samples_left_out: input.leftOut,
    machine: {
      cpu: cpus()[0]?.model ?? '',
      cores: cpus().length,
      platform: `${platform()}/${arch()}`,
      threads: court.original.source.intraOpThreads,
    },
    tools: {
      mdeploy: version,
      node: process.versions.node,
      'onnxruntime-node': onnxRuntimeVersion(),
      ...input.versions,
    },
    environment: input.environment && {
      python: input.environment.pythonVersion,
      bytes: input.environment.bytes,
      seconds: input.environment.seconds,
    },
    date: new Date().toISOString(),
  };
}

// Of all races the one in which the machine did least else.
function quietest(variants: readonly Variant[], control: number): number {
  return Math.min(control, ...variants.flatMap(({ measured }) => measured?.original_ms ?? []));
}

/** Rows of feeds together. */
export function rowsOf(feeds: readonly NamedFeed[]): number {
  return feeds.reduce((sum, { inputs }) => sum + (inputs[0]?.shape[0] ?? 1), 0);
}
