import { access, constants } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseCounts, parseDuration, parseUrl } from '../bench/arguments.ts';
import { type Baseline, proveComparable, readBaseline } from '../bench/baseline.ts';
import type { BenchOptions } from '../bench/bench.ts';
import { clientSignature, type Feed, modelFeed } from '../bench/feed.ts';
import { type Gate, parseGates } from '../bench/gate.ts';
import { metrics } from '../bench/gate-metrics.ts';
import { proveLoopback } from '../bench/loopback.ts';
import type { Wire } from '../bench/wire.ts';
import { wires } from '../bench/wires.ts';
import { failure } from '../core/errors/error.ts';
import { reasonOf } from '../core/files.ts';
import type { TensorSpec } from '../core/tensor.ts';
import { toJson } from '../predict/body.ts';
import { readInput } from '../predict/predict.ts';
import { server } from '../predict/server.ts';
import { openModel } from '../repository/open-model.ts';
import type { OpenedModel } from '../repository/opened-model.ts';
import type { Output } from './output.ts';

/** Flags of `bench`, as they were given. */
export interface BenchFlags {
  readonly url?: string;
  readonly model?: string;
  readonly input?: string;
  readonly format?: string;
  readonly protocol: string;
  readonly connections?: string;
  readonly streams?: string;
  readonly rate?: string;
  readonly duration?: string;
  readonly warmup?: string;
  readonly timeout: string;
  readonly allowRemote?: boolean;
  readonly coldStart?: string;
  readonly baseline?: string;
  readonly gate?: string;
  readonly html?: string;
  readonly tune?: boolean;
  readonly p99?: string;
  readonly write?: boolean;
}

/** What `bench` is to do, read and checked; nothing is started yet. */
export interface BenchPlan extends Omit<BenchOptions, 'url' | 'progress'> {
  /** Of the server that is running; undefined: MODEL is to be served. */
  readonly url: URL | undefined;
  /** How many cold starts; undefined: load is made. */
  readonly coldStarts: number | undefined;
  readonly gates: readonly Gate[];
  readonly baseline: Baseline | undefined;
  /** MODEL, where one was given. */
  readonly opened: OpenedModel | undefined;
}

/** @throws MdeployError `USAGE`, `BENCH_REMOTE`, `FILE_UNWRITABLE`, those of gates and baselines, of MODEL and of the input */
export async function planBench(
  target: string | undefined,
  flags: BenchFlags,
  output: Pick<Output, 'warn'>,
): Promise<BenchPlan> {
  const url = flags.url === undefined ? undefined : parseUrl(flags.url);
  const { protocol } = flags;
  if (!flags.tune && (flags.p99 !== undefined || flags.write))
    throw usage('--p99 and --write go with --tune.');
  if (!url && target === undefined) throw usage('Nothing to load: give a MODEL, or the --url of a server.');
  if (!url && flags.model !== undefined) throw usage('--model names a model of the server at --url.');
  if (!wires.has(protocol))
    throw usage(`--protocol takes one of ${wires.names.join(', ')}, not "${protocol}".`);
  const wire = await wires.load(protocol);
  const settings = {
    protocol,
    shapes: shapesOf(flags, wire),
    durationMs: parseDuration(flags.duration ?? '10s', '--duration'),
    warmupMs: parseDuration(flags.warmup ?? '2s', '--warmup', 0),
    timeoutMs: parseDuration(flags.timeout, '--timeout'),
    coldStarts: coldStartsOf(flags),
  };
  const measure = await measureOf(flags, settings);
  if (flags.html !== undefined) await proveWritable(flags.html);
  if (url && !flags.allowRemote) await proveLoopback(url);
  const opened = target === undefined ? undefined : await openModel(target);
  for (const warning of opened?.warnings ?? []) output.warn(warning);
  const model = flags.model ?? (protocol === 'plain' ? undefined : opened?.manifest.name);
  return {
    ...settings,
    ...measure,
    url,
    target: target ?? url!.href,
    wire,
    opened,
    ...(model !== undefined && { model }),
    ...(await feedOf(flags, opened, output)),
  };
}

// Known before the load: minutes of it would be lost to a folder that is not there.
async function proveWritable(file: string): Promise<void> {
  try {
    await access(dirname(file), constants.W_OK);
  } catch (error) {
    throw failure('FILE_UNWRITABLE', { file, reason: reasonOf(error) }, { at: { file }, cause: error });
  }
}

function coldStartsOf({ coldStart, url, connections, rate }: BenchFlags): number | undefined {
  if (coldStart === undefined) return undefined;
  if (url !== undefined || connections !== undefined || rate !== undefined)
    throw usage('--cold-start starts a MODEL and makes no load: leave out --url, --connections and --rate.');
  const [count, ...more] = parseCounts(coldStart, '--cold-start', 1000);
  if (more.length > 0) throw usage('--cold-start takes one number.');
  return count;
}

async function measureOf(
  { gate, baseline: file }: BenchFlags,
  { protocol, shapes, coldStarts }: Pick<BenchPlan, 'protocol' | 'shapes' | 'coldStarts'>,
): Promise<Pick<BenchPlan, 'gates' | 'baseline'>> {
  const gates = gate === undefined ? [] : parseGates(gate);
  const isColdStart = coldStarts !== undefined;
  for (const { text, metric, limit } of gates) {
    const isOfStart = metrics.get(metric)?.ofColdStart !== undefined;
    if (isOfStart !== isColdStart)
      throw usage(`The gate "${text}" ${isOfStart ? 'needs' : 'cannot be with'} --cold-start.`);
    if (limit.kind === 'relative' && file === undefined)
      throw usage(`The gate "${text}" is relative: --baseline is missing.`);
  }
  if (file === undefined) return { gates, baseline: undefined };
  if (gates.length === 0) throw usage('--baseline is compared with by gates: --gate is missing.');
  const baseline = await readBaseline(file);
  proveComparable(baseline, file, { protocol, shapes, isColdStart });
  return { gates, baseline };
}

function shapesOf(
  { rate, connections, streams, protocol }: BenchFlags,
  { isGrpc }: Wire,
): BenchOptions['shapes'] {
  if (streams !== undefined && !isGrpc)
    throw usage(`Over ${protocol} a connection has one request at a time.`);
  const [each = 1, ...more] = streams === undefined ? [] : parseCounts(streams, '--streams', 10_000);
  if (more.length > 0) throw usage('--streams takes one number.');
  const both = each > 1 ? { streams: each } : {};
  const counts = parseCounts(connections ?? (rate === undefined ? '1,32' : '64'), '--connections', 10_000);
  if (rate === undefined) return counts.map((count) => ({ connections: count, ...both }));
  const rates = parseCounts(rate, '--rate', 1_000_000);
  return counts.flatMap((count) => rates.map((due) => ({ connections: count, ...both, rate: due })));
}

async function feedOf(
  flags: BenchFlags,
  opened: OpenedModel | undefined,
  output: Pick<Output, 'warn'>,
): Promise<Pick<BenchOptions, 'feed' | 'expectation'>> {
  if (flags.input !== undefined) return { feed: await inputFeed(flags.input, flags, opened) };
  if (!opened) throw usage('Nothing to ask: give --input, or a MODEL whose sample is taken.');
  const { feed, expectation, source } = await modelFeed(opened);
  if (source === 'zeros')
    output.warn('The model has no samples: it is asked zeros, and any answer is right.');
  return { feed, ...(expectation && { expectation }) };
}

// A document goes as it is, except that TF Serving takes no bare list; tensors are written as the dialect has them.
async function inputFeed(input: string, flags: BenchFlags, opened: OpenedModel | undefined): Promise<Feed> {
  const { format, url, model, protocol } = flags;
  const read = await readInput({ input, ...(format !== undefined && { format }) }, process.stdin);
  const specs = async (): Promise<readonly TensorSpec[]> => {
    if (opened) return (await clientSignature(opened)).inputs;
    return server({ url: url!, timeoutMs: 10_000, ...(model !== undefined && { model }) }).inputs();
  };
  if (read.kind === 'document') {
    const isBare = protocol === 'tfs' && /^\s*\[/.test(read.text);
    return { kind: 'document', text: isBare ? `{"instances": ${read.text}}` : read.text };
  }
  if (read.kind !== 'tensors') {
    const isJson = !protocol.startsWith('v2') && protocol !== 'tfs-grpc';
    if (isJson) return { kind: 'document', text: await toJson(read, specs) };
    throw usage(`Over ${protocol} the input must be tensors (.npy, .npz) or a v2 document.`);
  }
  const nameless = read.tensors.length === 1 && read.tensors[0]!.name === '';
  if (!nameless) return { kind: 'tensors', tensors: read.tensors };
  const [only, ...more] = await specs();
  if (!only || more.length > 0)
    throw usage('The array has no name, and the model has not one input: use .npz.');
  return { kind: 'tensors', tensors: [{ ...read.tensors[0]!, name: only.name }] };
}

function usage(problem: string) {
  return failure('USAGE', { problem, verb: 'bench' });
}
