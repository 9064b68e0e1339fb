import { domainName } from './domains.ts';
import { graphTags, modelTags, nodeTags, valueTags } from './fields.ts';
import { rewrite, textsOf } from './rewrite.ts';

export interface OnnxNode {
  /** May be empty: ONNX asks for none. */
  readonly name: string;
  readonly op: string;
  readonly domain: string;
  /** An input that is left out is `''`. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** The nodes of the main graph in the order of the file, which ONNX wants to be topological; those of sub-graphs are not among them. */
export function readNodes(model: Uint8Array): OnnxNode[] {
  const nodes: OnnxNode[] = [];
  each(model, modelTags.graph, (graph) => each(graph, graphTags.node, (node) => nodes.push(toNode(node))));
  return nodes;
}

/** Names of the model's outputs. */
export function readOutputNames(model: Uint8Array): string[] {
  const names: string[] = [];
  each(model, modelTags.graph, (graph) =>
    each(graph, graphTags.output, (value) => names.push(...textsOf(value, valueTags.name))),
  );
  return names;
}

function toNode(node: Uint8Array): OnnxNode {
  return {
    name: textsOf(node, nodeTags.name).at(-1) ?? '',
    op: textsOf(node, nodeTags.opType).at(-1) ?? '',
    domain: domainName(textsOf(node, nodeTags.domain).at(-1) ?? ''),
    inputs: textsOf(node, nodeTags.input),
    outputs: textsOf(node, nodeTags.output),
  };
}

function each(message: Uint8Array, wanted: number, use: (value: Uint8Array) => unknown): void {
  rewrite(message, (tag, value) => {
    if (tag === wanted) use(value);
    return 'keep';
  });
}
