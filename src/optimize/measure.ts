import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Tensor } from '../core/tensor.ts';
import type { OnnxModel } from '../onnx/model.ts';
import type { Caps } from '../proof/find-feeds.ts';
import { judgeParity, type Parity, type SampleAnswers } from '../proof/parity.ts';
import { relativeError, summarise } from '../proof/summary.ts';
import type { GraphSource } from '../runtime/graph-source.ts';
import type { ProbeReport } from '../runtime/probe.ts';
import { probeModel } from '../runtime/probe.ts';
import type { Evidence } from './evidence.ts';
import type { Gains } from './keep-if.ts';
import type { Measured } from './variant.ts';

/** Answers of a variant beside those of the original. */
export interface Answered extends Pick<Gains, 'top1' | 'max_error'> {
  readonly loadMs: number;
  readonly parity: Parity;
  readonly outputs: Measured['outputs'];
  readonly cosine: number | null;
}

/** Asks a variant, in a throw-away process. @throws MdeployError as `probeModel` does */
export async function ask(source: GraphSource, evidence: Evidence, caps: Caps): Promise<Answered> {
  const report = await probeModel(source, { ...caps, inputs: evidence.judged.map(({ inputs }) => inputs) });
  const parity = judgeParity(
    evidence.judged.map((feed, index) => answersOf(report, evidence, index, feed.name)),
    {},
    { expected: 'the original', actual: 'the variant' },
  );
  const outputs = summarise(parity);
  const rows = outputs.reduce((sum, output) => sum + output.rows, 0);
  const same = outputs.reduce((sum, { top1, rows: own }) => sum + own * (top1 ?? 0), 0);
  const cosines = outputs.flatMap(({ cosine }) => (cosine === null ? [] : [cosine]));
  return {
    loadMs: report.loadMs,
    parity,
    outputs,
    top1: rows === 0 ? null : same / rows,
    max_error: Math.max(0, ...parity.outputs.filter(isNumeric(evidence)).map(relativeError)),
    cosine: cosines.length === 0 ? null : Math.min(...cosines),
  };
}

export interface Race {
  /** Median over the rounds. */
  readonly faster_by: number;
  /** What the median is not below, with 97.5 % confidence. */
  readonly faster_at_least: number;
  readonly latency_ms: number;
  readonly original_ms: number;
  readonly rounds: number;
}

/**
 * Times a variant against the original, round by round, in one process.
 * @param options.isReversed the variant is loaded first: where in memory a session lies may matter
 * @throws MdeployError as `probeModel` does
 */
export async function raceAgainst(
  original: GraphSource,
  variant: GraphSource,
  feed: readonly Tensor[],
  {
    budgetMs,
    isReversed = false,
    ...caps
  }: Caps & { readonly budgetMs: number; readonly isReversed?: boolean },
): Promise<Race> {
  const [first, second] = isReversed ? [variant, original] : [original, variant];
  const { times = [] } = await probeModel(first, {
    timeoutMs: caps.timeoutMs + 2 * budgetMs,
    maxMemoryBytes: 2 * caps.maxMemoryBytes,
    inputs: [feed],
    task: { kind: 'race', rival: second, budgetMs, minRounds: 9 },
  });
  const [own = [], rival = []] = isReversed ? times.toReversed() : times;
  const ratios = own.map((ms, round) => ms / rival[round]!);
  return {
    faster_by: median(ratios),
    faster_at_least: lowestMedian(ratios),
    latency_ms: median(rival),
    original_ms: median(own),
    rounds: own.length,
  };
}

/** A model file and what lies beside it. */
export function filesOf({ externalData }: Pick<OnnxModel, 'externalData'>, path: string): string[] {
  const beside = new Set(externalData.map(({ location }) => join(dirname(path), location)));
  return [path, ...beside];
}

/** Bytes on disk of files together. */
export async function bytesOf(files: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const file of files) bytes += (await stat(file)).size;
  return bytes;
}

function answersOf({ runs }: ProbeReport, evidence: Evidence, index: number, sample: string): SampleAnswers {
  const run = runs[index]!;
  const expected = evidence.expected[index]!;
  return { sample, expected, actual: run.ok ? run.outputs : { refused: run.reason } };
}

// Labels are right or wrong, which top-1 tells; how far apart two class numbers are means nothing.
function isNumeric({ expected }: Evidence) {
  const floats = new Set(
    expected.flatMap((outputs) =>
      outputs.filter(({ datatype }) => datatype.startsWith('FP')).map(({ name }) => name),
    ),
  );
  return ({ output, max_abs, rows }: Parity['outputs'][number]) =>
    floats.has(output) || (rows === 0 && !Number.isFinite(max_abs));
}

/** The lower end of the 95 % interval of a median, by the sign test: an order statistic, whatever the distribution is. */
export function lowestMedian(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const below = Math.floor(sorted.length / 2 - 0.98 * Math.sqrt(sorted.length)) - 1;
  return sorted[Math.max(0, below)]!;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
