import { encodeFloat16 } from '../core/float16.ts';
import { type AnyTensorData, allocate, elementCount, type Tensor, type TensorSpec } from '../core/tensor.ts';

/** One set of inputs with a name for people. */
export interface NamedFeed {
  readonly name: string;
  readonly inputs: readonly Tensor[];
}

export interface Domain {
  /** Length of free axes behind the first; absent: another one in each feed. */
  readonly length?: number;
  /** Whole numbers are mostly indexes: they stay below this. */
  readonly indexes: number;
}

/** What to try in order: which inputs are valid only the model knows. */
export const domains: readonly Domain[] = [
  { indexes: 8 },
  { length: 32, indexes: 8 },
  { indexes: 2 },
  { length: 32, indexes: 2 },
  { length: 1, indexes: 2 },
  { length: 224, indexes: 2 },
];

/** More values than this at once are not made up. */
const maxElements = 16 * 1024 * 1024;

/**
 * Inputs within the domain of a signature: random, edge, zeros and large ones. The same signature gives the same
 * inputs.
 * @param rows of a free first axis, for the random feed
 * @returns none when they would be too large
 */
export function makeUpFeeds(specs: readonly TensorSpec[], domain: Domain, rows = 8): NamedFeed[] {
  return kinds.flatMap(({ name, rows: own, length }, index) => {
    const shapes = specs.map((spec) => shapeOf(spec, own ?? rows, domain.length ?? length));
    if (shapes.reduce((sum, shape) => sum + elementCount(shape), 0) > maxElements) return [];
    const random = randomNumbers(index + 1);
    const inputs = specs.map((spec, at) => {
      const { datatype } = spec;
      const shape = shapes[at]!;
      const data = allocate(datatype, elementCount(shape));
      fillers[datatype === 'BYTES' || datatype === 'BOOL' ? datatype : kindOf(datatype)](data, name, {
        random,
        domain,
      });
      return { name: spec.name, datatype, shape, data } as Tensor;
    });
    return [{ name, inputs }];
  });
}

type Kind = 'random' | 'edge' | 'zeros' | 'large';

const kinds: readonly { readonly name: Kind; readonly rows?: number; readonly length: number }[] = [
  { name: 'random', length: 7 },
  { name: 'edge', rows: 4, length: 5 },
  { name: 'zeros', rows: 1, length: 3 },
  { name: 'large', rows: 4, length: 9 },
];

interface Draw {
  readonly random: () => number;
  readonly domain: Domain;
}

type Filler = (data: AnyTensorData, kind: Kind, draw: Draw) => void;

const words = ['', 'a', 'Zürich', 'the quick brown fox', 'x'.repeat(100), '上海'];
const edges = [-1, 1, 1e-6, -1e-6, 0.5, -0];

const fillers: Readonly<Record<'BYTES' | 'BOOL' | 'float' | 'half' | 'integer' | 'long', Filler>> = {
  BYTES: (data, kind) => {
    for (let at = 0; at < data.length; at++) data[at] = kind === 'zeros' ? '' : words[at % words.length]!;
  },
  BOOL: (data, kind, { random }) => {
    for (let at = 0; at < data.length; at++) data[at] = kind !== 'zeros' && random() < 0.5 ? 1 : 0;
  },
  float: (data, kind, draw) => {
    for (let at = 0; at < data.length; at++) data[at] = float(kind, at, draw);
  },
  half: (data, kind, draw) => {
    for (let at = 0; at < data.length; at++) data[at] = encodeFloat16(float(kind, at, draw));
  },
  integer: (data, kind, draw) => {
    const high = data instanceof Uint8Array && kind === 'large' ? 256 : highest(kind, draw);
    for (let at = 0; at < data.length; at++) data[at] = Math.floor(draw.random() * high);
  },
  long: (data, kind, draw) => {
    const high = highest(kind, draw);
    for (let at = 0; at < data.length; at++) data[at] = BigInt(Math.floor(draw.random() * high));
  },
};

function kindOf(datatype: Tensor['datatype']): 'float' | 'half' | 'integer' | 'long' {
  if (datatype === 'FP16') return 'half';
  if (datatype.startsWith('FP')) return 'float';
  return datatype.endsWith('64') ? 'long' : 'integer';
}

function float(kind: Kind, at: number, { random }: Draw): number {
  if (kind === 'zeros') return 0;
  if (kind === 'edge') return edges[at % edges.length]!;
  // Box and Muller: a normal distribution of two even ones.
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return kind === 'large' ? 10 * normal : normal;
}

function highest(kind: Kind, { domain }: Draw): number {
  if (kind === 'zeros') return 1;
  return kind === 'edge' ? Math.min(2, domain.indexes) : domain.indexes;
}

function shapeOf({ shape }: TensorSpec, rows: number, length: number): number[] {
  return (shape ?? [rows]).map((dim, axis) =>
    typeof dim === 'number' && dim >= 0 ? dim : axis === 0 ? rows : length,
  );
}

/** Mulberry32: even numbers in [0, 1), the same for the same seed. */
function randomNumbers(seed: number): () => number {
  let state = seed * 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
