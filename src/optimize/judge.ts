import { readFile } from 'node:fs/promises';
import { asMdeployError, MdeployError } from '../core/errors/error.ts';
import { sha256 } from '../core/hash.ts';
import type { Signature, Tensor } from '../core/tensor.ts';
import { readModelBytes } from '../onnx/read-model.ts';
import { changedSignature } from '../onnx/same-signature.ts';
import { signatureOf } from '../onnx/signature.ts';
import type { Caps } from '../proof/find-feeds.ts';
import { type FirstDifference, firstDifference, type GraphSide } from '../proof/first-difference.ts';
import { judgeParity } from '../proof/parity.ts';
import { relativeError } from '../proof/summary.ts';
import type { Evidence } from './evidence.ts';
import { disagreements, type KeepIf, missedGains } from './keep-if.ts';
import type { Made } from './made.ts';
import { type Answered, ask, bytesOf, filesOf, raceAgainst } from './measure.ts';
import type { Recipe } from './recipe.ts';
import type { Measured, Variant } from './variant.ts';

export interface Court {
  readonly original: GraphSide & {
    readonly signature: Signature;
    /** On disk, with what lies beside the model file. */
    readonly fileBytes: number;
    /** Whether its weights are in `bytes`: only then can graphs be compared inside. */
    readonly isWhole: boolean;
  };
  readonly evidence: Evidence;
  readonly keepIf: KeepIf;
  readonly caps: Caps;
  /** Keep variants that only made-up inputs speak for. */
  readonly trustsMadeUp: boolean;
  /** How far a race of the original against itself was off. */
  readonly noise: number;
  /** Median of the original in that race. */
  readonly originalMs: number;
  /** For the race of one variant, in milliseconds. */
  readonly budgetMs: number;
  readonly progress: (text: string) => void;
}

/**
 * Measures one variant in our own runtime and says whether it is worth keeping. What a strange model does to it ends in a
 * verdict, not in an error.
 * @throws MdeployError `INTERRUPTED`, `RUNTIME_MISSING`, `PROBE_FAILED`
 */
export async function judgeVariant(made: Made, recipe: Recipe, court: Court): Promise<Variant> {
  const { name, what } = recipe;
  const base = { name, what, facts: made.facts };
  const without = made.skipped ?? made.failed;
  if (made.path === undefined || without !== undefined)
    return { ...base, verdict: 'skipped', reasons: [without ?? 'it was not made'] };
  court.progress(`Measuring ${name}`);
  try {
    const bytes = await readFile(made.path);
    const { bytes: _, ...likeOriginal } = court.original.source;
    const source = { ...likeOriginal, name, path: made.path };
    const onnx = readModelBytes(bytes, name);
    const changed = changedSignature(court.original.signature, signatureOf(onnx));
    if (changed !== undefined) return { ...base, verdict: 'refused', reasons: [changed] };
    const answered = await ask(source, court.evidence, court.caps);
    const measured = await measure(source, answered, await bytesOf(filesOf(onnx, made.path)), court);
    const facts = { ...base, sha256: sha256(bytes), measured };
    const wrong = disagreements(measured, court.keepIf);
    if (wrong.length > 0) {
      const isWhole = onnx.externalData.length === 0;
      const first = isWhole ? await search({ source, bytes }, answered, court) : undefined;
      const worst = answered.parity.outputs.find(({ reason = '' }) =>
        / gives NaN| refuses /.test(reason),
      )?.reason;
      return {
        ...facts,
        verdict: 'wrong',
        reasons: worst === undefined ? wrong : [worst, ...wrong],
        ...(first && { first_difference: first }),
      };
    }
    const missed = missedGains(measured, court.keepIf, court.noise);
    if (missed.length === 0 && court.keepIf.faster_by !== undefined) {
      facts.measured = await confirm(source, measured, court);
      missed.push(...missedGains(facts.measured, court.keepIf, court.noise));
    }
    if (!recipe.isExact && court.evidence.origin === 'made up' && !court.trustsMadeUp) missed.push(unproven);
    return { ...facts, verdict: missed.length > 0 ? 'dropped' : 'kept', reasons: missed };
  } catch (error) {
    return { ...base, verdict: 'refused', reasons: [reasonOf(error)] };
  }
}

const unproven = 'only made-up inputs speak for it: give samples, --data, or --trust-made-up';

async function measure(
  source: GraphSide['source'],
  answered: Answered,
  bytes: number,
  { original, evidence, caps, budgetMs }: Court,
): Promise<Measured> {
  const { top1, max_error, cosine, outputs, loadMs } = answered;
  const answers = answered.parity.outputs.some(({ max_abs }) => Number.isFinite(max_abs));
  const race = answers
    ? await raceAgainst(original.source, source, evidence.request, { ...caps, budgetMs })
    : { faster_by: null, faster_at_least: null, latency_ms: null, original_ms: null, rounds: 0 };
  const smaller_by = original.fileBytes / bytes;
  return { bytes, smaller_by, load_ms: loadMs, ...race, top1, max_error, cosine, outputs };
}

/** A second race, with the variant loaded first; what is less of the two counts. */
async function confirm(
  source: GraphSide['source'],
  measured: Measured,
  { original, evidence, caps, budgetMs, progress }: Court,
): Promise<Measured> {
  progress(`Measuring ${source.name} again`);
  const again = await raceAgainst(original.source, source, evidence.request, {
    ...caps,
    budgetMs,
    isReversed: true,
  });
  return {
    ...measured,
    faster_by: Math.min(measured.faster_by ?? 0, again.faster_by),
    faster_at_least: Math.min(measured.faster_at_least ?? 0, again.faster_at_least),
    rounds: measured.rounds + again.rounds,
  };
}

/** A larger model is not sent to processes a dozen times. */
const maxSearchBytes = 512 * 1024 ** 2;

async function search(
  variant: GraphSide,
  { parity }: Answered,
  { original, evidence, keepIf, caps, progress }: Court,
): Promise<FirstDifference | undefined> {
  const [worst] = [...parity.outputs].sort((a, b) => relativeError(b) - relativeError(a));
  const feed = evidence.judged.find(({ name }) => name === worst?.sample);
  const isSmall = original.bytes.length + variant.bytes.length <= maxSearchBytes;
  if (!worst || !feed || !original.isWhole || !isSmall) return undefined;
  progress('Searching the first node that differs');
  const judge = (actual: Tensor, expected: Tensor) => {
    const sides = { expected: 'the original', actual: 'the variant' };
    const strict = { rtol: 0, atol: 0 };
    const answers = { sample: worst.sample, expected: [expected], actual: [actual] };
    const found = judgeParity([answers], strict, sides).outputs[0]!;
    return { ...found, ok: found.ok || relativeError(found) <= keepIf.max_error };
  };
  return firstDifference(original, variant, feed.inputs, worst.output, { ...caps, judge });
}

const fatal: ReadonlySet<string> = new Set(['INTERRUPTED', 'RUNTIME_MISSING', 'PROBE_FAILED', 'INTERNAL']);

function reasonOf(error: unknown): string {
  if (!(error instanceof MdeployError) || fatal.has(error.code)) throw asMdeployError(error);
  return error.message;
}
