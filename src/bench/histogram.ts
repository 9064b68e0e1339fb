const exact = 2048;
const half = exact / 2;
const largest = 2 ** 32 - 1;

/**
 * Counts of whole numbers from 0 to 2^32 - 1 in the layout of HdrHistogram with 3 significant digits: exact below 2048,
 * then 1024 buckets for each power of two. Recording costs no allocation, whatever is recorded.
 */
export class Histogram {
  readonly #counts = new Float64Array(exact + 21 * half);
  #total = 0;
  #sum = 0;
  #max = 0;
  #min = largest;

  get total(): number {
    return this.#total;
  }

  /** 0 when nothing was recorded. */
  get max(): number {
    return this.#max;
  }

  get min(): number {
    return this.#total === 0 ? 0 : this.#min;
  }

  get mean(): number {
    return this.#total === 0 ? 0 : this.#sum / this.#total;
  }

  /** Rounds to a whole number; what is beyond either end is recorded as that end. */
  record(value: number): void {
    const whole = Math.min(largest, Math.max(0, Math.round(value)));
    this.#counts[indexOf(whole)]! += 1;
    this.#total += 1;
    this.#sum += whole;
    if (whole > this.#max) this.#max = whole;
    if (whole < this.#min) this.#min = whole;
  }

  /**
   * The value that `percent` of all records do not exceed: the upper end of its bucket, at most 0.1 % too high, and never
   * above the maximum.
   * @param percent 0 to 100; 0 is the lowest record
   */
  percentile(percent: number): number {
    const rank = Math.max(1, Math.ceil(roundOff((percent / 100) * this.#total)));
    let seen = 0;
    for (let index = 0; index < this.#counts.length; index++) {
      seen += this.#counts[index]!;
      if (seen >= rank) return Math.min(highestOf(index), this.#max);
    }
    return this.#max;
  }
}

// 0.999 * 1000 is 999.0000000000001 or so; its ceiling would be the wrong record.
function roundOff(rank: number): number {
  return Math.round(rank * 1e6) / 1e6;
}

function indexOf(value: number): number {
  if (value < exact) return value;
  const shift = 21 - Math.clz32(value);
  return exact + (shift - 1) * half + (value >>> shift) - half;
}

/** The largest value that is counted at `index`. */
function highestOf(index: number): number {
  if (index < exact) return index;
  const shift = Math.floor((index - exact) / half) + 1;
  const top = ((index - exact) % half) + half;
  return (top + 1) * 2 ** shift - 1;
}
