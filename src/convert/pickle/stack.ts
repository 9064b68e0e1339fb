import type { PickleValue } from './value.ts';

const maxDepth = 1_000_000;

/** The unpickler's stack with its marks, and its memo. */
export class PickleStack {
  readonly memo = new Map<number, PickleValue>();
  #items: PickleValue[] = [];
  readonly #below: PickleValue[][] = [];

  push(value: PickleValue): void {
    if (this.#items.length + this.#below.length > maxDepth)
      throw new RangeError('its stack grows without end');
    this.#items.push(value);
  }

  pop(): PickleValue {
    const value = this.#items.pop();
    if (value === undefined) throw new RangeError('it takes from an empty stack');
    return value;
  }

  peek(): PickleValue {
    const value = this.#items.at(-1);
    if (value === undefined) throw new RangeError('it looks at an empty stack');
    return value;
  }

  mark(): void {
    if (this.#below.length > 100_000) throw new RangeError('its marks are nested without end');
    this.#below.push(this.#items);
    this.#items = [];
  }

  /** Everything above the last mark, which is taken away. */
  popMark(): PickleValue[] {
    const items = this.#items;
    const below = this.#below.pop();
    if (below === undefined) throw new RangeError('it has no mark to go back to');
    this.#items = below;
    return items;
  }

  /** POP takes a mark when nothing is above it. */
  drop(): void {
    if (this.#items.length === 0) this.popMark();
    else this.#items.pop();
  }

  recall(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw new RangeError(`it recalls memo ${index}, which was never set`);
    this.push(value);
  }
}
