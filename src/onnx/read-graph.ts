import { type Collector, countParameters, operatorKey } from './collector.ts';
import { domainName } from './domains.ts';
import { functionTags, graphTags, nodeTags } from './fields.ts';
import { limits } from './limits.ts';
import type { ZipMap } from './model.ts';
import { type AttributeWish, readAttribute } from './read-attribute.ts';
import { readSparseTensor, readTensor } from './read-tensor.ts';
import { readValue } from './read-value.ts';

/**
 * Reads a GraphProto into the collector.
 * @param position `graph`, or where the sub-graph hangs: `graph.node[3].attribute.then_branch`
 * @param main the model's own graph, whose inputs and outputs are the model's
 */
export function readGraph(to: Collector, position: string, main = false): void {
  const { reader } = to;
  let index = 0;
  const initializer = (tensor: { readonly name: string; readonly elements: number }): void => {
    countParameters(to, tensor.elements);
    if (!main || to.initializers.has(tensor.name)) return;
    reader.keep(tensor.name.length);
    to.initializers.add(tensor.name);
  };
  reader.message((tag) => {
    if (tag === graphTags.node) readNode(to, `${position}.node[${index++}]`, main);
    else if (tag === graphTags.initializer) initializer(readTensor(to, `${position}.initializer`));
    else if (tag === graphTags.sparseInitializer)
      initializer(readSparseTensor(to, `${position}.sparse_initializer`));
    else if (main && tag === graphTags.name) to.graphName = reader.text(limits.nameBytes);
    else if (main && tag === graphTags.input) to.inputs.push(readValue(to));
    else if (main && tag === graphTags.output) to.outputs.push(readValue(to));
  });
}

/** Reads a FunctionProto: its calls are kept apart, so that chains of functions can be measured. */
export function readFunction(to: Collector, index: number): void {
  const { reader } = to;
  const position = `functions[${index}]`;
  const outer = to.calls;
  const calls = new Map<string, number>();
  to.calls = calls;
  let domain = '';
  let name = '';
  let overload = '';
  let nodes = 0;
  reader.message((tag) => {
    if (tag === functionTags.name) name = reader.name();
    else if (tag === functionTags.domain) domain = reader.name();
    else if (tag === functionTags.overload) overload = reader.name();
    else if (tag === functionTags.node) readNode(to, `${position}.node[${nodes++}]`, false);
    else if (tag === functionTags.attributeProto)
      readAttribute(to, `${position}.attribute_proto`, {}, readGraph);
  });
  to.calls = outer;
  const key = operatorKey(domainName(domain), name, overload);
  reader.keep(key.length + functionBytes);
  // Two bodies under one name: whichever the runtime takes, both are measured.
  const before = to.functions.get(key) ?? new Map<string, number>();
  for (const [callee, count] of calls) before.set(callee, (before.get(callee) ?? 0) + count);
  to.functions.set(key, before);
}

/** What the book-keeping of one function takes beside its name. */
const functionBytes = 256;

// The domain and the operator come after the attributes in the usual field order, and they decide which attributes
// matter: so the node is read twice, first its head, then its attributes.
function readNode(to: Collector, position: string, main: boolean): void {
  const { reader } = to;
  if (++to.nodeCount > limits.nodes) throw reader.tooComplex('its number of nodes', limits.nodes);
  const start = reader.position;
  let opType = '';
  let domain = '';
  let overload = '';
  let hasAttributes = false;
  reader.message((tag) => {
    if (tag === nodeTags.opType) opType = reader.name();
    else if (tag === nodeTags.domain) domain = reader.name();
    else if (tag === nodeTags.overload) overload = reader.name();
    else if (tag === nodeTags.attribute) hasAttributes = true;
  });
  countCall(to, operatorKey(domainName(domain), opType, overload));
  const isZipMap = main && opType === 'ZipMap' && domain === 'ai.onnx.ml';
  const isNormalizer = opType === 'StringNormalizer' && domainName(domain) === 'ai.onnx';
  if (!hasAttributes && !isZipMap && !isNormalizer) return;
  const wish: AttributeWish = {
    ...(isZipMap && { labels: { strings: [], integers: [] } }),
    ...(isNormalizer && { locale: 'en_US' }),
    parameters: opType === 'Constant',
  };
  let input = '';
  let output = '';
  reader.position = start;
  reader.message((tag) => {
    if (tag === nodeTags.attribute) readAttribute(to, `${position}.attribute`, wish, readGraph);
    else if (isZipMap && tag === nodeTags.input) input = reader.name();
    else if (isZipMap && tag === nodeTags.output) output = reader.name();
  });
  if (wish.labels) to.zipMaps.push(zipMap(input, output, wish.labels));
  if (wish.locale !== undefined) {
    if (!to.locales.has(wish.locale)) reader.keep(wish.locale.length);
    to.locales.add(wish.locale);
  }
}

function countCall(to: Collector, key: string): void {
  const before = to.calls.get(key);
  if (before === undefined) to.reader.keep(key.length);
  to.calls.set(key, (before ?? 0) + 1);
}

function zipMap(input: string, output: string, labels: NonNullable<AttributeWish['labels']>): ZipMap {
  const asText = labels.strings.length > 0;
  return {
    input,
    output,
    labels: asText ? labels.strings : labels.integers,
    labelType: asText ? 'BYTES' : 'INT64',
  };
}
