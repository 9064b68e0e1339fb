export interface Grid {
  /** Independent pictures or channel planes in front of the rows. */
  readonly planes: number;
  readonly height: number;
  readonly width: number;
  /** Interleaved values per pixel. */
  readonly channels: number;
}

/** Resamples every plane to `[height, width]`: columns first, then rows, in double precision. */
export function resample(
  values: ArrayLike<number>,
  grid: Grid,
  [height, width]: readonly [number, number],
  method: 'bilinear' | 'nearest',
): Float64Array {
  const { planes, channels } = grid;
  const across = weigh(values, taps(grid.width, width, method), {
    outer: planes * grid.height,
    inner: channels,
  });
  return weigh(across, taps(grid.height, height, method), { outer: planes, inner: width * channels });
}

/** For one output position: the first source position and the weights from there on. */
interface Tap {
  readonly first: number;
  readonly weights: readonly number[];
}

// The triangle filter of Pillow's BILINEAR: its support grows with the shrink factor, so every source pixel counts.
function taps(from: number, to: number, method: 'bilinear' | 'nearest'): readonly Tap[] {
  const ratio = from / to;
  if (method === 'nearest') {
    return Array.from({ length: to }, (_, i) => ({
      first: Math.min(from - 1, Math.floor((i + 0.5) * ratio)),
      weights: [1],
    }));
  }
  const support = Math.max(1, ratio);
  return Array.from({ length: to }, (_, i) => {
    const center = (i + 0.5) * ratio;
    const first = Math.max(0, Math.floor(center - support + 0.5));
    const last = Math.min(from, Math.floor(center + support + 0.5));
    const raw = Array.from({ length: last - first }, (_, k) =>
      Math.max(0, 1 - Math.abs((first + k - center + 0.5) / support)),
    );
    const sum = raw.reduce((total, weight) => total + weight, 0);
    return { first, weights: raw.map((weight) => weight / sum) };
  });
}

function weigh(
  values: ArrayLike<number>,
  taps: readonly Tap[],
  { outer, inner }: { outer: number; inner: number },
): Float64Array {
  const from = values.length / (outer * inner);
  const result = new Float64Array(outer * taps.length * inner);
  let at = 0;
  for (let block = 0; block < outer; block++) {
    for (const { first, weights } of taps) {
      const start = (block * from + first) * inner;
      for (let offset = 0; offset < inner; offset++) {
        let sum = 0;
        for (let k = 0; k < weights.length; k++) sum += weights[k]! * values[start + k * inner + offset]!;
        result[at++] = sum;
      }
    }
  }
  return result;
}
