import type { Datatype, Dim } from '../core/tensor.ts';

/** What a `.onnx` file says of itself, read without loading it into the runtime. */
export interface OnnxModel {
  /** The path it was read from, or what stands for it in errors. */
  readonly file: string;
  readonly irVersion: number;
  /** Domain `''` is written `ai.onnx`. */
  readonly opsets: readonly { readonly domain: string; readonly version: number }[];
  readonly producer: { readonly name: string; readonly version: string };
  readonly graphName: string;
  readonly docString: string;
  /** Graph inputs without those that initializers fill. */
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly metadata: ReadonlyMap<string, string>;
  /** Nodes of the graph, its sub-graphs and the model-local functions. */
  readonly nodeCount: number;
  readonly functionCount: number;
  /** Elements over all initializers and Constant nodes; tree ensembles keep theirs in attributes, which are not counted. */
  readonly parameterCount: number;
  /** Per operator, most frequent first; nodes in sub-graphs and functions included. */
  readonly operators: readonly { readonly domain: string; readonly name: string; readonly count: number }[];
  /** Domains that are neither ONNX's own nor the shipped runtime's. */
  readonly customDomains: readonly string[];
  readonly externalData: readonly ExternalTensor[];
  /** ZipMap nodes, whose sequence-of-map outputs the runtime's Node binding cannot return. */
  readonly zipMaps: readonly ZipMap[];
  /** Locales that StringNormalizer nodes ask for, sorted (`en_US` where a node names none). */
  readonly locales: readonly string[];
  readonly fileBytes: number;
}

export interface OnnxValue {
  readonly name: string;
  /** The carriable datatype; undefined for sequences, maps, optionals and element types without an Open Inference name. */
  readonly datatype?: Datatype;
  /** ONNX's own words: `tensor(float)`, `seq(map(int64,tensor(float)))`. */
  readonly type: string;
  /** null: unknown rank. */
  readonly shape: readonly Dim[] | null;
}

export interface ExternalTensor {
  readonly tensor: string;
  /** Where in the file: `graph.initializer`, `graph.node[3].attribute.value`, `functions[0]…`. */
  readonly position: string;
  readonly location: string;
  readonly offset: number;
  /** Absent: to the end of the file. */
  readonly length?: number;
}

export interface ZipMap {
  readonly input: string;
  readonly output: string;
  readonly labels: readonly string[];
  readonly labelType: 'INT64' | 'BYTES';
}
