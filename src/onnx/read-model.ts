import { failure } from '../core/errors/error.ts';
import { showSize } from '../core/units.ts';
import { type Collector, newCollector, splitOperatorKey } from './collector.ts';
import { domainName, runtimeDomains } from './domains.ts';
import { entryTags, modelTags, opsetTags, trainingTags } from './fields.ts';
import { checkFunctions } from './functions.ts';
import { limits } from './limits.ts';
import type { OnnxModel } from './model.ts';
import { readFunction, readGraph } from './read-graph.ts';
import { recognise } from './recognise.ts';
import { type ByteSource, bytesSource, withFileSource } from './source.ts';
import { WireReader } from './wire.ts';

/**
 * Reads what a `.onnx` file says of itself: memory stays bounded whatever its size, weights are skipped over.
 * The reads are synchronous: they are few, and the file cannot change its length between two of them unnoticed.
 * @throws MdeployError `FILE_UNREADABLE`, `EXTERNAL_DATA_INVALID` and every `MODEL_*` row that tells of a file
 * that is no sound ONNX model; versions, external files and types have checks of their own
 */
export async function readModel(path: string): Promise<OnnxModel> {
  return withFileSource(path, read);
}

/** The same from memory. @param label stands for the path in errors */
export function readModelBytes(bytes: Uint8Array, label: string): OnnxModel {
  return read(bytesSource(bytes, label));
}

interface Head {
  irVersion: number;
  producerName: string;
  producerVersion: string;
  docString: string;
  readonly opsets: { domain: string; version: number }[];
  readonly metadata: Map<string, string>;
  functionCount: number;
  hasGraph: boolean;
}

function read(source: ByteSource): OnnxModel {
  const file = source.label;
  recognise(source);
  if (source.size > limits.fileBytes) throw failure('MODEL_TOO_LARGE', { file, size: showSize(source.size) });
  const to = newCollector(new WireReader(source, new Set(Object.values(modelTags))));
  const head: Head = {
    irVersion: 0,
    producerName: '',
    producerVersion: '',
    docString: '',
    opsets: [],
    metadata: new Map(),
    functionCount: 0,
    hasGraph: false,
  };
  to.reader.fields((tag) => readField(to, head, tag));
  if (!head.hasGraph) throw to.reader.corrupt('it has no graph');
  if (head.irVersion < 1) throw to.reader.corrupt('it has no IR version');
  if (head.opsets.length === 0) throw to.reader.corrupt('it names no opset');
  checkFunctions(file, to.calls, to.functions);
  return assemble(source, to, head);
}

function readField(to: Collector, head: Head, tag: number): void {
  const { reader } = to;
  if (tag === modelTags.irVersion) head.irVersion = reader.integer();
  else if (tag === modelTags.producerName) head.producerName = reader.text(limits.nameBytes);
  else if (tag === modelTags.producerVersion) head.producerVersion = reader.text(limits.nameBytes);
  else if (tag === modelTags.docString) {
    head.docString = reader.text();
    reader.keep(head.docString.length);
  } else if (tag === modelTags.opsetImport) head.opsets.push(readOpset(to));
  else if (tag === modelTags.metadataProps) readMetadata(to, head.metadata);
  else if (tag === modelTags.functions) readFunction(to, head.functionCount++);
  else if (tag === modelTags.trainingInfo) readTraining(to);
  else if (tag === modelTags.graph) {
    head.hasGraph = true;
    readGraph(to, 'graph', true);
  }
}

function readOpset(to: Collector): { domain: string; version: number } {
  const { reader } = to;
  let domain = '';
  let version = 0;
  reader.message((tag) => {
    if (tag === opsetTags.domain) domain = reader.name();
    else if (tag === opsetTags.version) version = reader.integer();
  });
  reader.keep(domain.length);
  return { domain: domainName(domain), version };
}

function readMetadata(to: Collector, metadata: Map<string, string>): void {
  const { reader } = to;
  let key = '';
  let value = '';
  reader.message((tag) => {
    if (tag === entryTags.key) key = reader.text(limits.nameBytes);
    else if (tag === entryTags.value) value = reader.text();
  });
  reader.keep(key.length + value.length);
  metadata.set(key, value);
}

/** Training graphs never run here, but their tensors can name files like any other. */
function readTraining(to: Collector): void {
  const outer = to.calls;
  to.calls = new Map();
  to.reader.message((tag) => {
    if (tag === trainingTags.initialization) readGraph(to, 'training_info.initialization');
    else if (tag === trainingTags.algorithm) readGraph(to, 'training_info.algorithm');
  });
  to.calls = outer;
}

function assemble(source: ByteSource, to: Collector, head: Head): OnnxModel {
  const operators = countOperators(to);
  const custom = operators
    .filter(({ domain, local }) => !local && !runtimeDomains.has(domain))
    .map(({ domain }) => domain);
  return {
    file: source.label,
    irVersion: head.irVersion,
    opsets: distinct(head.opsets),
    producer: { name: head.producerName, version: head.producerVersion },
    graphName: to.graphName,
    docString: head.docString,
    inputs: to.inputs.filter(({ name }) => !to.initializers.has(name)),
    outputs: to.outputs,
    metadata: head.metadata,
    nodeCount: to.nodeCount,
    functionCount: head.functionCount,
    parameterCount: to.parameterCount,
    operators: operators.map(({ domain, name, count }) => ({ domain, name, count })),
    customDomains: [...new Set(custom)].sort(),
    externalData: to.externalData,
    zipMaps: to.zipMaps,
    locales: [...to.locales].sort(),
    fileBytes: source.size,
  };
}

/** Converters often write the same import twice, as `''` and as `ai.onnx`. */
function distinct(opsets: Head['opsets']): Head['opsets'] {
  return [...new Map(opsets.map((opset) => [`${opset.domain} ${opset.version}`, opset])).values()];
}

interface Operator {
  readonly domain: string;
  readonly name: string;
  count: number;
  /** A model-local function stands behind it. */
  readonly local: boolean;
}

function countOperators(to: Collector): Operator[] {
  const operators = new Map<string, Operator>();
  for (const calls of [to.calls, ...to.functions.values()])
    for (const [key, count] of calls) {
      const { domain, name } = splitOperatorKey(key);
      const local = to.functions.has(key);
      const id = `${domain}\0${name}\0${local}`;
      const known = operators.get(id);
      if (known) known.count += count;
      else operators.set(id, { domain, name, count, local });
    }
  return [...operators.values()].sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}
