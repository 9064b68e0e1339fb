import { asMdeployError } from '../core/errors/error.ts';
import type { Tensor } from '../core/tensor.ts';
import { addOutputs } from '../onnx/add-outputs.ts';
import { type OnnxNode, readNodes, readOutputNames } from '../onnx/nodes.ts';
import type { GraphSource } from '../runtime/graph-source.ts';
import { probeModel } from '../runtime/probe.ts';
import type { OutputParity } from './parity.ts';

export interface GraphSide {
  readonly source: GraphSource;
  /** The whole model; its weights are in it, not beside it. */
  readonly bytes: Uint8Array;
}

export interface FirstDifference {
  /** Name of the node of the expected graph, or its operator and output where it has none. */
  readonly node: string;
  readonly op: string;
  /** What makes the same tensor in the other graph. */
  readonly actual_op: string;
  readonly tensor: string;
  readonly max_abs: number;
  readonly reason: string;
}

export interface SearchOptions {
  readonly timeoutMs: number;
  readonly maxMemoryBytes: number;
  /** Says how far two tensors of one name are apart; `ok` where they agree. */
  readonly judge: (actual: Tensor, expected: Tensor) => OutputParity;
}

/**
 * Searches the first node at which two graphs part: tensors from inside, matched by name, become outputs of both, and
 * the runtime answers one sample for both, a few tensors at a time.
 * @param output an output that differs
 * @returns undefined where no tensor inside can be compared, or none differs once it is looked at
 */
export async function firstDifference(
  expected: GraphSide,
  actual: GraphSide,
  feed: readonly Tensor[],
  output: string,
  options: SearchOptions,
): Promise<FirstDifference | undefined> {
  const search = new Search(expected, actual, feed, options);
  let found: FirstDifference | undefined;
  for (let target: string | undefined = output; target !== undefined; ) {
    const first: string | undefined = await search.boundary(search.ancestors(target));
    if (first === undefined) break;
    found = search.describe(first);
    // Another branch may have parted before: then one of what the node takes differs as well.
    target = await search.differingInput(first);
  }
  return found;
}

/** How many tensors are looked at in one run: each cuts the rest by so much, and each keeps the runtime from fusing there. */
const width = 7;

class Search {
  readonly #sides: readonly [GraphSide, GraphSide];
  readonly #feed: readonly Tensor[];
  readonly #options: SearchOptions;
  /** Node of the expected graph by what it gives. */
  readonly #makers = new Map<string, OnnxNode>();
  readonly #actualMakers = new Map<string, OnnxNode>();
  readonly #order = new Map<string, number>();
  /** null: it cannot be compared. */
  readonly #seen = new Map<string, OutputParity | null>();

  constructor(expected: GraphSide, actual: GraphSide, feed: readonly Tensor[], options: SearchOptions) {
    this.#sides = [expected, actual];
    this.#feed = feed;
    this.#options = options;
    for (const node of readNodes(actual.bytes))
      for (const name of node.outputs) this.#actualMakers.set(name, node);
    for (const node of readNodes(expected.bytes))
      for (const name of node.outputs) {
        this.#makers.set(name, node);
        this.#order.set(name, this.#order.size);
      }
  }

  /** Everything that a tensor depends on and both graphs have, itself last. */
  ancestors(target: string): string[] {
    const found = new Set<string>();
    const open = [target];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      const maker = this.#makers.get(name);
      if (maker === undefined || found.has(name)) continue;
      found.add(name);
      open.push(...maker.inputs);
    }
    const shared = [...found].filter((name) => name !== '' && this.#actualMakers.has(name));
    return shared.sort((a, b) => this.#order.get(a)! - this.#order.get(b)!);
  }

  /** A tensor that differs where the comparable one before it agrees, or the first of all; the last must differ. */
  async boundary(names: readonly string[]): Promise<string | undefined> {
    let low = -1;
    let high = names.length - 1;
    await this.#look(names.slice(high));
    if (high < 0 || !this.#differs(names[high]!)) return undefined;
    while (high - low > 1) {
      const picks = between(low, high);
      await this.#look(picks.map((at) => names[at]!));
      const differing = picks.find((at) => this.#differs(names[at]!)) ?? high;
      low = picks.filter((at) => at < differing).at(-1) ?? low;
      high = differing;
    }
    return names[high];
  }

  async differingInput(tensor: string): Promise<string | undefined> {
    const inputs = this.#makers.get(tensor)!.inputs.filter((name) => this.#actualMakers.has(name));
    const made = inputs.filter((name) => this.#makers.has(name));
    await this.#look(made);
    return made.find((name) => this.#differs(name));
  }

  describe(tensor: string): FirstDifference {
    const { name, op } = this.#makers.get(tensor)!;
    const { max_abs, reason = '' } = this.#seen.get(tensor)!;
    return {
      node: name === '' ? `${op} → ${tensor}` : name,
      op,
      actual_op: this.#actualMakers.get(tensor)!.op,
      tensor,
      max_abs,
      reason,
    };
  }

  #differs(name: string): boolean {
    return this.#seen.get(name)?.ok === false;
  }

  async #look(names: readonly string[]): Promise<void> {
    const fresh = names.filter((name) => !this.#seen.has(name));
    if (fresh.length === 0) return;
    const [expected, actual] = await Promise.all(this.#sides.map((side) => this.#run(side, fresh)));
    for (const name of fresh) {
      const [a, e] = [actual?.get(name), expected?.get(name)];
      this.#seen.set(name, a && e ? this.#options.judge(a, e) : null);
    }
  }

  async #run({ source, bytes }: GraphSide, names: readonly string[]): Promise<Map<string, Tensor>> {
    const { timeoutMs, maxMemoryBytes } = this.#options;
    const known = new Set(readOutputNames(bytes));
    const added = names.filter((name) => !known.has(name));
    try {
      const { runs } = await probeModel(
        { ...source, bytes: added.length === 0 ? bytes : addOutputs(bytes, added) },
        { inputs: [this.#feed], timeoutMs, maxMemoryBytes },
      );
      const [run] = runs;
      return new Map(run?.ok ? run.outputs.map((tensor) => [tensor.name, tensor]) : []);
    } catch (error) {
      // A graph that does not load with these outputs cannot be compared there; being interrupted is another matter.
      const fault = asMdeployError(error);
      if (fault.code === 'MODEL_REFUSED') return new Map();
      throw fault;
    }
  }
}

/** Up to `width` whole numbers spread between two. */
function between(low: number, high: number): number[] {
  const count = Math.min(width, high - low - 1);
  return Array.from({ length: count }, (_, index) =>
    Math.floor(low + ((index + 1) * (high - low)) / (count + 1)),
  );
}
