import { basename, resolve } from 'node:path';
import type { Tolerance } from '../core/compare.ts';
import { failure } from '../core/errors/error.ts';
import { writeFileAtomic } from '../core/files.ts';
import { openOutput } from '../core/output-folder.ts';
import type { TensorSpec } from '../core/tensor.ts';
import { inferName } from '../manifest/infer.ts';
import { checkExternalData } from '../onnx/external-data.ts';
import { readModel } from '../onnx/read-model.ts';
import type { FirstDifference } from '../proof/first-difference.ts';
import type { Parity } from '../proof/parity.ts';
import { type Environment, ensureEnvironment } from '../python/environment.ts';
import { readLock } from '../python/lock.ts';
import { converterFor } from './converters.ts';
import { type Detected, detectFormat } from './detect.ts';
import { findFirstDifference } from './first-difference.ts';
import { withSamples } from './manifest-samples.ts';
import { isSafeGlobal } from './pickle/safe.ts';
import { type ConversionRecord, writeRecord } from './record.ts';
import { replay } from './replay.ts';
import { type ProgramRequest, type ProgramRun, runProgram } from './run-program.ts';

export interface ConvertOptions {
  /** The folder to make; default: `./<name>-onnx`. */
  readonly output?: string;
  readonly name?: string;
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly string[];
  readonly sample?: string;
  readonly entry?: { readonly file: string; readonly name: string };
  readonly entryArgs?: Readonly<Record<string, unknown>>;
  readonly signature?: string;
  /** Part of a TorchScript archive to convert in place of the whole. */
  readonly module?: string;
  /** Load the file although it would import more than data. */
  readonly trust: boolean;
  readonly force: boolean;
  readonly python?: string;
  readonly indexUrl?: string;
  readonly wheels?: string;
  readonly timeoutMs: number;
  readonly maxMemoryBytes: number;
  readonly tolerance: Partial<Tolerance>;
  readonly progress: (text: string) => void;
  readonly note: (text: string) => void;
  readonly warn: (text: string) => void;
  /** Writes the text of model.yaml for a model file: `init` knows how. */
  readonly planManifest: (modelFile: string, name: string, manifestFile: string) => Promise<string>;
}

export interface Conversion {
  readonly source: string;
  readonly what: string;
  readonly framework: string;
  readonly name: string;
  /** The folder that was made; absent without parity. */
  readonly folder?: string;
  readonly parity: Parity;
  /** Of an ONNX model without parity: the first node that answers otherwise. */
  readonly firstDifference?: FirstDifference;
  readonly environment: Pick<Environment, 'pythonVersion' | 'bytes' | 'seconds' | 'isNew'> & {
    readonly name: string;
  };
  readonly record: ConversionRecord;
  readonly peakBytes: number;
  /** From the start to the proof, without making the environment. */
  readonly seconds: number;
}

/**
 * Converts a model to ONNX, proves that its answers stay, and makes a folder with model.yaml, model.onnx, samples and
 * the proof. Without parity no folder is made.
 * @throws MdeployError of the convert area, and those of a converted model that does not load
 */
export async function convert(source: string, options: ConvertOptions): Promise<Conversion> {
  const begun = performance.now();
  const detected = await detectFormat(source);
  detected.warnings.forEach(options.warn);
  const converter = converterFor(detected);
  if (detected.format === 'onnx') await refuseUnsound(detected.path);
  if (converter.isPickle) refuseUnsafe(source, detected, options.trust);
  const lock = await readLock(converter.environment);
  const name = options.name ?? inferName(resolve(source));
  const folder = options.output ?? `${name}-onnx`;
  const output = await openOutput(folder, options.force);
  try {
    const before = performance.now();
    const environment = await ensureEnvironment(lock, options);
    const making = environment.isNew ? performance.now() - before : 0;
    const run = await runProgram(converter.program, requestOf(detected, output.work, options), {
      ...options,
      python: environment.python,
      source,
      output: folder,
    });
    tellNotes(run, detected, lock.packages.get('scikit-learn'), options);
    options.progress('Replaying the samples in the runtime');
    const parity = await prove(output.work, name, run, options);
    const recordInput = {
      detected,
      sourceName: basename(resolve(source)),
      lock,
      run,
      parity,
      trust: options.trust,
    };
    const record = await writeRecord(output.work, recordInput);
    if (parity.ok) await output.commit();
    const first = parity.ok ? undefined : await partingNode(detected, output.work, parity, options);
    const { pythonVersion, bytes, seconds, isNew } = environment;
    return {
      source,
      what: detected.what,
      framework: run.framework,
      name,
      ...(parity.ok && { folder }),
      parity,
      ...(first && { firstDifference: first }),
      environment: { name: lock.name, pythonVersion, bytes, seconds, isNew },
      record,
      peakBytes: run.peakBytes,
      seconds: Math.round(performance.now() - begun - making) / 1000,
    };
  } finally {
    await output.discard();
  }
}

// Python's reader would follow external data wherever its path leads.
async function refuseUnsound(path: string): Promise<void> {
  await checkExternalData(await readModel(path), path);
}

function refuseUnsafe(source: string, { globals = [], broken }: Detected, trust: boolean): void {
  if (trust) return;
  const at = { at: { file: source } };
  const findings = globals
    .filter((found) => !isSafeGlobal(found))
    .map(({ module, name }) => `${module}.${name}`);
  if (findings.length > 0) {
    const shown =
      findings.slice(0, 8).join(', ') + (findings.length > 8 ? ` and ${findings.length - 8} more` : '');
    throw failure('CONVERT_UNSAFE', { file: source, findings: shown }, at);
  }
  // What a scan cannot follow it cannot call harmless.
  if (broken !== undefined) throw failure('CONVERT_DAMAGED', { file: source, reason: broken }, at);
}

function requestOf(detected: Detected, work: string, options: ConvertOptions): ProgramRequest {
  const { inputs, outputs, sample, entry, entryArgs, signature, module, trust } = options;
  return {
    source: detected.path,
    format: detected.format,
    work,
    trust,
    allowed: (detected.globals ?? []).map(({ module, name }) => `${module}.${name}`),
    ...(inputs.length > 0 && { inputs }),
    ...(outputs.length > 0 && { outputs }),
    ...(sample !== undefined && { sample: resolve(sample) }),
    ...(entry && { entry: { ...entry, file: resolve(entry.file) } }),
    ...(entryArgs && { entryArgs }),
    ...(signature !== undefined && { signature }),
    ...(module !== undefined && { module }),
  };
}

async function prove(work: string, name: string, run: ProgramRun, options: ConvertOptions): Promise<Parity> {
  const manifestFile = resolve(work, 'model.yaml');
  const text = await options.planManifest(resolve(work, 'model.onnx'), name, manifestFile);
  await writeFileAtomic(manifestFile, text);
  const names = run.samples.map((sample) => sample.name);
  const { timeoutMs, maxMemoryBytes, tolerance } = options;
  const parity = await replay(work, names, { timeoutMs, maxMemoryBytes, wanted: tolerance });
  await writeFileAtomic(manifestFile, withSamples(text, names, parity));
  return parity;
}

async function partingNode(
  { format, path }: Detected,
  work: string,
  parity: Parity,
  { timeoutMs, maxMemoryBytes, tolerance, progress }: ConvertOptions,
): Promise<FirstDifference | undefined> {
  if (format !== 'onnx') return undefined;
  progress('Searching the first node that differs');
  return findFirstDifference(path, work, parity, { timeoutMs, maxMemoryBytes, wanted: tolerance });
}

function tellNotes(
  { isolation, notes = [], samples }: ProgramRun,
  { madeBy }: Detected,
  read: string | undefined,
  { trust, warn, note }: ConvertOptions,
): void {
  if (trust && !isolation.isOffline)
    warn(
      `The file was loaded with the network within reach: ${isolation.reason ?? 'it could not be cut off'}.`,
    );
  if (madeBy !== undefined && read !== undefined && madeBy !== read)
    warn(
      `scikit-learn ${madeBy} wrote the file, ${read} has read it: compare the samples with your notebook's answers.`,
    );
  for (const { name, nan } of samples)
    if (nan.length > 0)
      warn(`For the sample "${name}" the original itself answers NaN in ${nan.join(', ')}.`);
  notes.forEach(note);
}
