import { type Collector, countParameters } from './collector.ts';
import { attributeTags } from './fields.ts';
import { limits } from './limits.ts';
import { readSparseTensor, readTensor } from './read-tensor.ts';

/** What the caller wants to learn from a node's attributes; filled in while they are read. */
export interface AttributeWish {
  /** ZipMap's class labels. */
  readonly labels?: { readonly strings: string[]; readonly integers: string[] };
  /** StringNormalizer's `locale`; holds the operator's default before. */
  locale?: string;
  /** Constant's tensor counts as parameters. */
  readonly parameters?: boolean;
}

/** Reads a sub-graph at a position. Handed in, because graphs hold attributes and attributes hold graphs. */
export type ReadGraph = (to: Collector, position: string) => void;

/** Reads an AttributeProto: sub-graphs and every tensor in it, and what `wish` asks for. */
export function readAttribute(
  to: Collector,
  position: string,
  wish: AttributeWish,
  readGraph: ReadGraph,
): void {
  const { reader } = to;
  const start = reader.position;
  let name = '';
  let hasMessages = false;
  reader.message((tag) => {
    if (tag === attributeTags.name) name = reader.name();
    else if (messageTags.has(tag)) hasMessages = true;
  });
  if (hasMessages) {
    reader.position = start;
    readMessages(to, `${position}.${name}`, wish, readGraph);
  }
  if (wish.locale !== undefined && name === 'locale') {
    reader.position = start;
    reader.message((tag) => {
      if (tag === attributeTags.s) wish.locale = reader.text(limits.nameBytes);
    });
  }
  if (wish.labels && name.startsWith('classlabels_')) {
    reader.position = start;
    readLabels(to, wish.labels);
  }
}

const messageTags: ReadonlySet<number> = new Set([
  attributeTags.t,
  attributeTags.g,
  attributeTags.tensors,
  attributeTags.graphs,
  attributeTags.sparseTensor,
  attributeTags.sparseTensors,
]);

function readMessages(to: Collector, position: string, wish: AttributeWish, readGraph: ReadGraph): void {
  let index = 0;
  to.reader.message((tag) => {
    if (tag === attributeTags.t) {
      const { elements } = readTensor(to, position);
      if (wish.parameters) countParameters(to, elements);
    } else if (tag === attributeTags.g) readGraph(to, position);
    else if (tag === attributeTags.tensors) readTensor(to, `${position}[${index++}]`);
    else if (tag === attributeTags.graphs) readGraph(to, `${position}[${index++}]`);
    else if (tag === attributeTags.sparseTensor) readSparseTensor(to, position);
    else if (tag === attributeTags.sparseTensors) readSparseTensor(to, `${position}[${index++}]`);
  });
}

function readLabels(to: Collector, labels: NonNullable<AttributeWish['labels']>): void {
  const { reader } = to;
  const integer = (): void => {
    const text = String(reader.bigInteger());
    reader.keep(text.length);
    labels.integers.push(text);
  };
  reader.message((tag) => {
    if (tag === attributeTags.strings) {
      const text = reader.text(limits.nameBytes);
      reader.keep(text.length);
      labels.strings.push(text);
    } else if (tag === attributeTags.int) integer();
    else if (tag === attributeTags.packedInts) reader.packed(integer);
  });
}
