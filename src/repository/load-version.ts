import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { asMdeployError, failure } from '../core/errors/error.ts';
import type { Signature, Tensor } from '../core/tensor.ts';
import type { Manifest, RuntimeOptions } from '../manifest/manifest.ts';
import { placedIn } from '../manifest/place.ts';
import { signatureOf } from '../onnx/signature.ts';
import { removeZipMaps } from '../onnx/zipmap.ts';
import { compilePipeline, type Pipeline } from '../pipeline/pipeline.ts';
import { type Engine, startEngine } from '../runtime/engine.ts';
import { compileGauge } from '../runtime/gauge.ts';
import type { GraphSource } from '../runtime/graph-source.ts';
import { probeModel } from '../runtime/probe.ts';
import { ResponseCache } from '../runtime/response-cache.ts';
import { WaitingRoom } from '../runtime/waiting-room.ts';
import { likelyLengths, zeroCount, zeroFeeds } from '../runtime/zeros.ts';
import { openBatcher } from './batching.ts';
import { columnsOf } from './columns.ts';
import type { LoadedVersion } from './loaded-version.ts';
import type { OpenedModel } from './opened-model.ts';
import { readSample } from './samples.ts';
import { servedHere } from './variants.ts';

/** A model that takes more values than this at once starts cold: a file must not make the server fill its memory. */
const maxZeros = 32 * 1024 * 1024;

/** Runs of a measured model that may sit in the event loop's queue at once. */
const inlineConcurrency = 32;

export interface LoadOptions {
  /**
   * The model ran in a throw-away process when its package was made, and its digests have just been checked: it may be
   * loaded at once. Any other model is probed first.
   */
  readonly isProven: boolean;
  /** Processes that serve the model side by side and share the cores; default: this one. */
  readonly processes?: number;
}

/**
 * Opens the engine for a model that has been read: pipeline, probe, measure, warm up.
 * @throws MdeployError of the model, probe, runtime and pipeline areas
 */
export async function loadVersion(opened: OpenedModel, options: LoadOptions): Promise<LoadedVersion> {
  return placed(opened, load(opened, options));
}

async function load(opened: OpenedModel, { isProven, processes = 1 }: LoadOptions): Promise<LoadedVersion> {
  const { manifest } = opened;
  const { batching, response_cache, server_timing } = manifest.serving;
  refuseAccelerator(manifest);
  const signature: Signature = { inputs: manifest.inputs, outputs: manifest.outputs };
  const cores = Math.max(1, Math.floor(availableParallelism() / processes));
  const { served, variant } = servedHere(opened);
  const source = { ...(await graphSource(served)), cores };
  const pipeline = await compilePipeline(manifest, signature);
  const feeds = await warmupFeeds(opened, signature, pipeline);
  // A package was proven where it was made: with a variant for this machine perhaps not.
  const usable = isProven && !variant ? feeds : await probe(source, manifest, feeds);
  const engine = await startWarm(source, served, signature, usable);
  const batcher = await openBatcher(manifest, signature, engine.session, usable.candidates).catch(
    async (error: unknown) => {
      // A worker thread that is left would keep the process.
      await engine.session.close();
      throw error;
    },
  );
  return {
    facts: {
      name: manifest.name,
      version: manifest.version,
      description: manifest.description,
      state: 'AVAILABLE',
      signature: pipeline.userSignature,
      ...(batching && {
        batching: { maxRows: batching.max_batch_size, maxDelayMs: batching.max_queue_delay_ms },
      }),
      columns: columnsOf(manifest, pipeline.userSignature.inputs),
      labels: labelsOf(opened),
    },
    manifest,
    prepare: pipeline.prepare,
    gauge: compileGauge(signature, signatureOf(opened.onnx)),
    room: new WaitingRoom({
      model: manifest.name,
      concurrency: engine.session.placement === 'inline' ? inlineConcurrency : 1,
      offLoop: engine.session.placement === 'worker',
      maxSize: manifest.serving.queue.max_size,
      timeoutMs: manifest.serving.queue.timeout_ms,
    }),
    ...(batcher && { batcher }),
    ...(response_cache && { cache: new ResponseCache(response_cache.max_bytes) }),
    session: engine.session,
    graphOutputs: signature.outputs.map((output) => output.name),
    outputNames: pipeline.userSignature.outputs.map((output) => output.name),
    finish: pipeline.finish,
    ...(server_timing && { tellsTiming: true }),
    engine: variant ? `variant ${variant.path}: ${engine.reason}` : engine.reason,
  };
}

/** Class names by output: the manifest's, else those of the ZipMap that the output had. */
function labelsOf({ manifest, onnx }: OpenedModel): ReadonlyMap<string, readonly string[]> {
  const zipMaps = onnx.zipMaps.filter(({ labels }) => labels.length > 0);
  const known = new Map(zipMaps.map(({ output, labels }) => [output, labels]));
  for (const { name, labels } of manifest.outputs) if (labels) known.set(name, labels);
  return known;
}

/**
 * Loads and runs a model in a throw-away process, and nowhere else.
 * @throws MdeployError as `loadVersion` does
 */
export async function proveModel(opened: OpenedModel): Promise<void> {
  return placed(opened, prove(opened));
}

function placed<T>({ locate }: OpenedModel, loading: Promise<T>): Promise<T> {
  return loading.catch((error: unknown) => {
    throw placedIn(asMdeployError(error), locate);
  });
}

async function prove(opened: OpenedModel): Promise<void> {
  const { manifest } = opened;
  const signature: Signature = { inputs: manifest.inputs, outputs: manifest.outputs };
  const pipeline = await compilePipeline(manifest, signature);
  const feeds = await warmupFeeds(opened, signature, pipeline);
  await probe(await graphSource(opened), manifest, feeds);
  const { served, variant } = servedHere(opened);
  if (variant) await probe(await graphSource(served), manifest, feeds);
}

/** What sessions are made from: the file itself, or its bytes with ZipMap nodes replaced. */
export async function graphSource({
  onnx,
  modelPath,
  manifest,
  localePath,
}: Pick<OpenedModel, 'onnx' | 'modelPath' | 'localePath'> & {
  readonly manifest: Pick<Manifest, 'name'> & { readonly runtime: Pick<RuntimeOptions, 'intra_op_threads'> };
}): Promise<GraphSource> {
  const source = {
    name: manifest.name,
    path: modelPath,
    intraOpThreads: manifest.runtime.intra_op_threads,
    ...(localePath !== undefined && { localePath }),
  };
  if (onnx.zipMaps.length === 0) return source;
  return { ...source, bytes: removeZipMaps(await readFile(modelPath), onnx) };
}

interface Feeds {
  /** Input sets to warm up with: the first sample, or zeros with several lengths of the free axes. */
  readonly candidates: readonly (readonly Tensor[])[];
  /** Samples must run; zeros need not be valid inputs. */
  readonly from: 'sample' | 'zeros';
}

async function warmupFeeds(
  { manifest, root }: OpenedModel,
  signature: Signature,
  pipeline: Pipeline,
): Promise<Feeds> {
  const { warmup } = manifest.serving;
  const sample = manifest.samples[0];
  if (warmup === 'none') return { candidates: [], from: 'zeros' };
  if (warmup === 'samples' && sample) {
    const inputs = await readSample(join(root, sample.inputs), pipeline.userSignature.inputs);
    return { candidates: [pipeline.prepare ? await pipeline.prepare(inputs) : inputs], from: 'sample' };
  }
  const lengths = likelyLengths(signature.inputs).filter(
    (length) => zeroCount(signature.inputs, length) <= maxZeros,
  );
  return { candidates: lengths.map((length) => zeroFeeds(signature.inputs, length)), from: 'zeros' };
}

/** Keeps the feeds that the model could be run with in the throw-away process. */
async function probe(source: GraphSource, manifest: Manifest, { candidates, from }: Feeds): Promise<Feeds> {
  const { timeout_ms, max_memory_bytes } = manifest.runtime.probe;
  const { runs } = await probeModel(source, {
    timeoutMs: timeout_ms,
    maxMemoryBytes: max_memory_bytes,
    inputs: candidates,
  });
  const failed = runs.find((run) => !run.ok);
  if (failed && from === 'sample')
    throw failure('WARMUP_FAILED', { name: source.name, reason: failed.reason });
  return { candidates: candidates.filter((_, index) => runs[index]?.ok), from };
}

// Zeros that a package's model refuses are found out here: the next candidate is tried, in the end none.
async function startWarm(
  source: GraphSource,
  opened: OpenedModel,
  signature: Signature,
  { candidates, from }: Feeds,
): Promise<Engine> {
  for (const feeds of candidates) {
    try {
      return await startEngine(source, signature, opened.onnx.fileBytes, feeds);
    } catch (error) {
      const fault = asMdeployError(error);
      if (fault.code !== 'ENGINE_FAULT' && fault.code !== 'RUN_REFUSED') throw fault;
      if (from === 'sample') {
        throw failure('WARMUP_FAILED', { name: source.name, reason: fault.message }, { cause: fault });
      }
    }
  }
  return startEngine(source, signature, opened.onnx.fileBytes, undefined);
}

function refuseAccelerator(manifest: Manifest): void {
  if (manifest.runtime.accelerator !== 'require') return;
  const platform = `${process.platform}/${process.arch}`;
  const at = { at: { path: 'runtime.accelerator' }, expected: 'none or prefer', received: 'require' };
  throw failure('ACCELERATOR_UNAVAILABLE', { platform }, at);
}
