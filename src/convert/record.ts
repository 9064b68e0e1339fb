import { join } from 'node:path';
import { writeFileAtomic } from '../core/files.ts';
import { sha256, sha256File } from '../core/hash.ts';
import { version } from '../core/version.ts';
import { readModel } from '../onnx/read-model.ts';
import type { Parity } from '../proof/parity.ts';
import { folderBytes } from '../python/folder-bytes.ts';
import type { EnvironmentLock } from '../python/lock.ts';
import { conversionName } from '../repository/conversion.ts';
import { onnxRuntimeVersion } from '../runtime/onnxruntime.ts';
import type { Detected } from './detect.ts';
import { sampleFile } from './replay.ts';
import type { ProgramRun } from './run-program.ts';
import { sourceDigest } from './source-digest.ts';

export interface RecordInput {
  readonly detected: Detected;
  /** Name of the source, without its folder. */
  readonly sourceName: string;
  readonly lock: EnvironmentLock;
  readonly run: ProgramRun;
  readonly parity: Parity;
  readonly trust: boolean;
}

export type ConversionRecord = Awaited<ReturnType<typeof writeRecord>>;

/** What was made of what, with which tools, and the proof. The same conversion gives the same bytes. */
export async function writeRecord(folder: string, input: RecordInput) {
  const { detected, lock, run, parity } = input;
  const model = join(folder, 'model.onnx');
  const { opsets, irVersion } = await readModel(model);
  const record = {
    schema_version: 1,
    source: {
      name: input.sourceName,
      format: detected.format,
      what: detected.what,
      ...(await sourceDigest(detected.path)),
      ...(detected.madeBy !== undefined && { made_by: detected.madeBy }),
      trusted: input.trust,
    },
    model: {
      path: 'model.onnx',
      sha256: await sha256File(model),
      ir_version: irVersion,
      opsets: Object.fromEntries(opsets.map((opset) => [opset.domain, opset.version])),
    },
    samples: await sampleDigests(folder, run),
    tools: { mdeploy: version, 'onnxruntime-node': onnxRuntimeVersion(), ...run.versions },
    environment: { name: lock.name, lock_sha256: sha256(lock.text) },
    isolation: {
      network: run.isolation.isOffline ? 'none' : 'not cut off',
      ...(run.isolation.reason !== undefined && { reason: run.isolation.reason }),
    },
    parity: { passed: parity.ok, outputs: parity.outputs },
    notes: run.notes ?? [],
  };
  await writeFileAtomic(join(folder, conversionName), `${JSON.stringify(record, finite, 2)}\n`);
  return { ...record, bytes: await folderBytes(folder) };
}

async function sampleDigests(folder: string, { samples }: ProgramRun): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const { name } of samples)
    for (const side of ['in', 'out'] as const)
      digests[`samples/${name}.${side}.json`] = await sha256File(sampleFile(folder, name, side));
  return digests;
}

// JSON has no infinity.
function finite(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
