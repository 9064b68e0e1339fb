import { type Dim, type Signature, showSpec } from '../core/tensor.ts';

/** Why a graph is no replacement for another; undefined when it takes and gives the same. */
export function changedSignature(before: Signature, after: Signature): string | undefined {
  for (const side of ['inputs', 'outputs'] as const) {
    const role = side.slice(0, -1);
    if (before[side].length !== after[side].length)
      return `it has ${after[side].length} ${side}, the original ${before[side].length}`;
    for (const spec of before[side]) {
      const other = after[side].find(({ name }) => name === spec.name);
      if (!other) return `the ${role} "${spec.name}" is gone`;
      const isSame =
        spec.datatype === other.datatype &&
        (spec.shape === null || other.shape === null || isLikeShape(spec.shape, other.shape));
      if (!isSame) return `the ${role} "${spec.name}" was ${showSpec(spec)} and is ${showSpec(other)}`;
    }
  }
  return undefined;
}

// A tool may find out how long an output is; an input must not be narrowed, which running it shows.
function isLikeShape(before: readonly Dim[], after: readonly Dim[]): boolean {
  return (
    before.length === after.length &&
    before.every(
      (dim, axis) => typeof dim !== 'number' || typeof after[axis] !== 'number' || dim === after[axis],
    )
  );
}
