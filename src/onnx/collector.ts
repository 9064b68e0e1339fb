import type { ExternalTensor, OnnxValue, ZipMap } from './model.ts';
import type { WireReader } from './wire.ts';

/** How often each operator is called in one body; the key is made by `operatorKey`. */
export type Calls = Map<string, number>;

/** What reading a model gathers. Messages that occur twice are merged, as every protobuf parser does. */
export interface Collector {
  readonly reader: WireReader;
  /** Calls of the body being read: the graph or one function, sub-graphs included. */
  calls: Calls;
  readonly functions: Map<string, Calls>;
  nodeCount: number;
  parameterCount: number;
  graphName: string;
  readonly inputs: OnnxValue[];
  readonly outputs: OnnxValue[];
  readonly initializers: Set<string>;
  readonly externalData: ExternalTensor[];
  readonly zipMaps: ZipMap[];
  readonly locales: Set<string>;
}

export function newCollector(reader: WireReader): Collector {
  return {
    reader,
    calls: new Map(),
    functions: new Map(),
    nodeCount: 0,
    parameterCount: 0,
    graphName: '',
    inputs: [],
    outputs: [],
    initializers: new Set(),
    externalData: [],
    zipMaps: [],
    locales: new Set(),
  };
}

export function countParameters(to: Collector, elements: number): void {
  to.parameterCount = Math.min(to.parameterCount + elements, Number.MAX_SAFE_INTEGER);
}

/** Identity of an operator or a model-local function. No name can hold the separator and be found again by it. */
export function operatorKey(domain: string, name: string, overload: string): string {
  return `${domain}\0${name}\0${overload}`;
}

export function splitOperatorKey(key: string): { readonly domain: string; readonly name: string } {
  const [domain = '', name = ''] = key.split('\0');
  return { domain, name };
}
