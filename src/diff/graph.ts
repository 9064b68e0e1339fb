import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256File } from '../core/hash.ts';
import type { OnnxModel } from '../onnx/model.ts';
import type { Side } from './side.ts';

export interface GraphFacts {
  readonly sha256: string;
  /** Of the model file and its external data. */
  readonly bytes: number;
  readonly ir_version: number;
  readonly opsets: Readonly<Record<string, number>>;
  readonly producer: string;
  readonly nodes: number;
  readonly parameters: number;
}

export interface OperatorChange {
  /** `Conv`, or `com.microsoft.FusedConv`. */
  readonly operator: string;
  readonly before: number;
  readonly after: number;
}

export interface GraphChanges {
  /** The same file, byte by byte. */
  readonly identical: boolean;
  readonly before: GraphFacts;
  readonly after: GraphFacts;
  readonly operators: readonly OperatorChange[];
}

/** What changed inside: nothing that clients see by itself. */
export async function graphChanges(a: Side, b: Side): Promise<GraphChanges> {
  const [before, after] = [await factsOf(a), await factsOf(b)];
  return {
    identical: before.sha256 === after.sha256,
    before,
    after,
    operators: operatorChanges(countsOf(a.opened.onnx), countsOf(b.opened.onnx)),
  };
}

async function factsOf({ opened }: Side): Promise<GraphFacts> {
  const { onnx, modelPath } = opened;
  const folder = join(modelPath, '..');
  let bytes = onnx.fileBytes;
  for (const file of new Set(onnx.externalData.map(({ location }) => location)))
    bytes += (await stat(join(folder, file))).size;
  return {
    sha256: await sha256File(modelPath),
    bytes,
    ir_version: onnx.irVersion,
    opsets: Object.fromEntries(
      onnx.opsets
        .map(({ domain, version }) => [domain, version] as const)
        .sort(([x], [y]) => (x < y ? -1 : 1)),
    ),
    producer: `${onnx.producer.name} ${onnx.producer.version}`.trim(),
    nodes: onnx.nodeCount,
    parameters: onnx.parameterCount,
  };
}

function countsOf({ operators }: OnnxModel): ReadonlyMap<string, number> {
  return new Map(
    operators.map(({ domain, name, count }) => [domain === 'ai.onnx' ? name : `${domain}.${name}`, count]),
  );
}

function operatorChanges(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): OperatorChange[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .map((operator) => ({
      operator,
      before: before.get(operator) ?? 0,
      after: after.get(operator) ?? 0,
    }))
    .filter((change) => change.before !== change.after)
    .sort(
      (x, y) =>
        Math.abs(y.after - y.before) - Math.abs(x.after - x.before) || (x.operator < y.operator ? -1 : 1),
    );
}
