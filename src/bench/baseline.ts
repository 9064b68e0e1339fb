import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { failure, type MdeployError } from '../core/errors/error.ts';
import { reasonOf } from '../core/files.ts';
import type { Shape } from './loops.ts';
import { runName } from './report.ts';

/** An earlier report, as far as it is compared with. */
export type Baseline = z.infer<typeof schema>;

/** @throws MdeployError `FILE_UNREADABLE`, `BENCH_BASELINE_MALFORMED` */
export async function readBaseline(file: string): Promise<Baseline> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw failure('FILE_UNREADABLE', { file, reason: reasonOf(error) }, { at: { file }, cause: error });
  }
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw malformed(file, 'it is not JSON', { cause: error });
  }
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw malformed(file, issue?.message ?? 'it is no report', { path: issue?.path.join('.') ?? '' });
}

/**
 * Proves before any load that each window has its like in the baseline.
 * @throws MdeployError `BENCH_BASELINE_MISFIT`
 */
export function proveComparable(
  baseline: Baseline,
  file: string,
  { protocol, shapes, isColdStart }: { protocol: string; shapes: readonly Shape[]; isColdStart: boolean },
): void {
  const misfit = (expected: string, received: string) =>
    failure('BENCH_BASELINE_MISFIT', { file, expected, received }, { at: { file }, expected, received });
  if (baseline.protocol !== protocol) throw misfit(`load over ${protocol}`, `load over ${baseline.protocol}`);
  if (isColdStart && !baseline.cold_start) throw misfit('cold starts', 'none');
  const known = baseline.runs.map((run) => runName(run));
  const names = isColdStart ? [] : shapes.map((shape) => runName(shapeOf(shape)));
  const missing = names.find((name) => !known.includes(name));
  if (missing !== undefined) throw misfit(missing, known.join('; ') || 'no load');
}

function shapeOf({ connections, streams, rate }: Shape) {
  return { mode: rate === undefined ? 'closed' : 'open', connections, streams, rate: rate ?? null } as const;
}

function malformed(file: string, reason: string, { path = '', cause = undefined as unknown }): MdeployError {
  const at = { file, ...(path !== '' && { path }) };
  return failure('BENCH_BASELINE_MALFORMED', { file, reason }, { at, cause });
}

const figure = z.number().nonnegative();
const latency = z.object({
  p50: figure,
  p90: figure,
  p95: figure,
  p99: figure,
  p99_9: figure,
  mean: figure,
  max: figure,
});
const spread = z.object({ median: figure, min: figure, max: figure });
const schema = z.object({
  schema_version: z.literal(1),
  kind: z.literal('bench'),
  protocol: z.string(),
  machine: z.object({ cpu: z.string(), cores: figure }),
  runs: z.array(
    z.object({
      mode: z.enum(['closed', 'open']),
      connections: figure,
      streams: figure.optional(),
      rate: figure.nullable(),
      requests_per_second: figure,
      latency_ms: latency,
      server: z.object({ cpu_us_per_request: figure.nullable(), rss_bytes: figure.nullable() }).nullable(),
    }),
  ),
  cold_start: z.object({ starts: figure, ready_ms: spread, first_answer_ms: spread }).nullable(),
});
