import { compareTensors, showElement, showIndex, type Tolerance } from '../core/compare.ts';
import type { Datatype, Tensor } from '../core/tensor.ts';
import { measure } from './parity-figures.ts';

/** One output of one sample. */
export interface OutputParity {
  readonly sample: string;
  readonly output: string;
  readonly ok: boolean;
  /** What was allowed: `atol` is already scaled to the size of the values. */
  readonly tolerance: Tolerance;
  readonly max_abs: number;
  readonly max_rel: number;
  /** Of the two tensors as vectors; null where a value is not finite or there are no numbers. */
  readonly cosine: number | null;
  /** Share of rows whose best value is at the same place, and of equal labels; null for numbers that are neither. */
  readonly top1: number | null;
  /** How many rows, or labels, `top1` is a share of. */
  readonly rows: number;
  /** Largest finite |value| that was expected. */
  readonly largest: number;
  /** Where and what differs most, in words; absent when it is ok. */
  readonly reason?: string;
  /** The original itself answers NaN here. */
  readonly nan?: true;
}

export interface Parity {
  readonly ok: boolean;
  readonly outputs: readonly OutputParity[];
  /** The one furthest outside, or nearest to leaving, what is allowed. */
  readonly worst?: OutputParity;
}

/** What is allowed per datatype, before scaling; whole numbers, truth values and text must be equal. */
export const defaultTolerance: Readonly<Partial<Record<Datatype, Tolerance>>> = {
  FP16: { rtol: 1e-2, atol: 1e-3 },
  FP32: { rtol: 1e-4, atol: 1e-5 },
  FP64: { rtol: 1e-6, atol: 1e-8 },
};

/** What the two sides of a comparison are called in reasons. */
export interface Sides {
  readonly expected: string;
  readonly actual: string;
}

const conversion: Sides = { expected: 'the original', actual: 'the converted model' };

export interface SampleAnswers {
  readonly sample: string;
  readonly expected: readonly Tensor[];
  /** What our runtime gave, or why it refused. */
  readonly actual: readonly Tensor[] | { readonly refused: string };
}

/**
 * Compares the answers of a model in our runtime with those that were expected of it. The absolute part of the tolerance grows with the largest
 * value of an output, for a sum of large terms is only as exact as the terms.
 * @param wanted instead of the defaults, for floating-point outputs
 * @param sides what to call the two in reasons
 */
export function judgeParity(
  answers: readonly SampleAnswers[],
  wanted: Partial<Tolerance> = {},
  sides: Sides = conversion,
): Parity {
  const outputs = answers.flatMap(({ sample, expected, actual }) =>
    expected.map((tensor) =>
      'refused' in actual
        ? missing(sample, tensor.name, `${sides.actual} refuses the sample: ${actual.refused}`)
        : judgeOutput(sample, tensor, actual, wanted, sides),
    ),
  );
  const worst = [...outputs].sort(byStrain)[0];
  const ok = outputs.length > 0 && outputs.every((output) => output.ok);
  return { ok, outputs, ...(worst && { worst }) };
}

function judgeOutput(
  sample: string,
  expected: Tensor,
  actual: readonly Tensor[],
  wanted: Partial<Tolerance>,
  sides: Sides,
): OutputParity {
  const found = actual.find(({ name }) => name === expected.name);
  if (found === undefined) return missing(sample, expected.name, `${sides.actual} has no such output`);
  const figures = measure(found, expected);
  const base = defaultTolerance[expected.datatype];
  const tolerance = base
    ? { rtol: wanted.rtol ?? base.rtol, atol: wanted.atol ?? base.atol * Math.max(1, figures.largest) }
    : { rtol: 0, atol: 0 };
  const { ok, maxAbs, maxRel, reason, worstIndex } = compareTensors(found, expected, tolerance);
  const values =
    worstIndex < 0
      ? undefined
      : `at ${showIndex(worstIndex, expected.shape)} ${sides.expected} gives ${showElement(expected, worstIndex)}, ${sides.actual} ${showElement(found, worstIndex)}`;
  return {
    sample,
    output: expected.name,
    ok,
    tolerance,
    max_abs: maxAbs,
    max_rel: maxRel,
    cosine: figures.cosine,
    top1: figures.top1,
    rows: figures.rows,
    largest: figures.largest,
    ...(!ok && {
      reason: figures.onlyActualNaN ? `${sides.actual} gives NaN: ${values}` : (values ?? reason ?? ''),
    }),
    ...(figures.hasNaN && { nan: true as const }),
  };
}

function missing(sample: string, output: string, reason: string): OutputParity {
  const infinite = Number.POSITIVE_INFINITY;
  const tolerance = { rtol: 0, atol: 0 };
  return {
    sample,
    output,
    ok: false,
    tolerance,
    max_abs: infinite,
    max_rel: infinite,
    cosine: null,
    top1: null,
    rows: 0,
    largest: 0,
    reason,
  };
}

// Those that failed come first, the furthest out before the others.
function byStrain(a: OutputParity, b: OutputParity): number {
  return Number(a.ok) - Number(b.ok) || strain(b) - strain(a);
}

function strain({ max_abs, tolerance }: OutputParity): number {
  return Math.min(max_abs / Math.max(tolerance.atol, Number.MIN_VALUE), Number.MAX_VALUE);
}
