/** What a variant must come to. All conditions that are given must hold. */
export interface KeepIf {
  /** Share of rows, or labels, on which it must agree with the original; outputs without either are not asked. */
  readonly top1_agreement: number;
  /** Largest difference, in parts of the largest value of an output (at least 1). */
  readonly max_error: number;
  /** Times as fast. */
  readonly faster_by?: number | undefined;
  /** Times as small on disk. */
  readonly smaller_by?: number | undefined;
}

export const defaultAgreement = { top1_agreement: 0.99, max_error: 0.05 } as const;
/** Asked for where neither speed nor size is. */
const defaultSpeed = 1.1;

/** Some of the conditions, as a person gives them. */
export type WantedIf = { readonly [K in keyof KeepIf]?: number | undefined };

/** Conditions in layers, the last one first. Speed is asked for unless something else is. */
export function keepIfOf(...layers: readonly (WantedIf | undefined)[]): KeepIf {
  const pick = (key: keyof KeepIf) => layers.findLast((layer) => layer?.[key] !== undefined)?.[key];
  const [faster_by, smaller_by] = [pick('faster_by'), pick('smaller_by')];
  const isAsked = faster_by !== undefined || smaller_by !== undefined;
  return {
    top1_agreement: pick('top1_agreement') ?? defaultAgreement.top1_agreement,
    max_error: pick('max_error') ?? defaultAgreement.max_error,
    ...(faster_by !== undefined && { faster_by }),
    ...(smaller_by !== undefined && { smaller_by }),
    ...(!isAsked && { faster_by: defaultSpeed }),
  };
}

export interface Gains {
  readonly top1: number | null;
  readonly max_error: number;
  readonly faster_by: number | null;
  readonly faster_at_least: number | null;
  readonly smaller_by: number;
}

/** How its answers leave what is allowed, in words; empty where they agree. */
export function disagreements({ top1, max_error }: Gains, keepIf: KeepIf): string[] {
  const reasons: string[] = [];
  if (top1 !== null && top1 < keepIf.top1_agreement)
    reasons.push(`agrees on ${percent(top1)} of rows, ${percent(keepIf.top1_agreement)} are asked`);
  if (!(max_error <= keepIf.max_error))
    reasons.push(`differs by ${figure(max_error)}, ${figure(keepIf.max_error)} is allowed`);
  return reasons;
}

/**
 * Which gains it misses, in words; empty where it is worth keeping.
 * @param noise how far a race of the original against itself was off
 */
export function missedGains(
  { faster_by, faster_at_least, smaller_by }: Gains,
  keepIf: KeepIf,
  noise: number,
): string[] {
  const reasons: string[] = [];
  const [measured, proven] = [faster_by ?? 0, faster_at_least ?? 0];
  if (keepIf.faster_by !== undefined && !(measured >= keepIf.faster_by))
    reasons.push(`${times(measured)} as fast, ${times(keepIf.faster_by)} is asked`);
  else if (keepIf.faster_by !== undefined && !(proven >= Math.max(1, keepIf.faster_by * (1 - margin))))
    reasons.push(`${times(measured)} as fast, but no more than ${times(proven)} is certain`);
  else if (keepIf.faster_by !== undefined && proven <= 1 + noise)
    reasons.push(
      `${times(measured)} as fast, at least ${times(proven)}, which is within the noise of this machine`,
    );
  if (keepIf.smaller_by !== undefined && smaller_by < keepIf.smaller_by)
    reasons.push(`${times(smaller_by)} as small, ${times(keepIf.smaller_by)} is asked`);
  return reasons;
}

/** So much of what is asked may be missing at the lower end of what the race tells. */
const margin = 0.05;

export function times(value: number): string {
  return `${value > 0 && value < 0.01 ? value.toPrecision(1) : value.toFixed(2)} ×`;
}

export function percent(share: number): string {
  const text = (100 * share).toFixed(2).replace(/\.?0+$/, '');
  // Rounded up it would claim what does not hold.
  return `${share < 1 && text === '100' ? '99.99' : text}%`;
}

export function figure(value: number): string {
  if (!Number.isFinite(value)) return 'infinity';
  return value === 0 ? '0' : value < 0.001 ? value.toExponential(1) : value.toPrecision(2);
}
