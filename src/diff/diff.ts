import { type AnswerOptions, type Answers, compareAnswers } from './answers.ts';
import { isFed, sampleCalls } from './calls.ts';
import type { Change } from './change.ts';
import { contractChanges } from './contract.ts';
import { type GraphChanges, graphChanges } from './graph.ts';
import { openSide, type Side } from './side.ts';

export interface DiffOptions extends AnswerOptions {
  /** Without: contract and graph only, nothing is loaded. */
  readonly compareAnswers: boolean;
}

export interface DiffReport {
  readonly before: ModelFacts;
  readonly after: ModelFacts;
  /** Nothing breaks, and the answers stay. */
  readonly ok: boolean;
  readonly breaking: number;
  readonly contract: readonly Change[];
  readonly graph: GraphChanges;
  /** null when they were not asked for. */
  readonly answers: Answers | null;
}

export interface ModelFacts {
  readonly target: string;
  readonly kind: Side['opened']['kind'];
  readonly name: string;
  readonly version: string;
  /** The file that this machine would serve in place of `model.path`. */
  readonly variant?: string;
}

/**
 * What changes for those who call model A when model B takes its place: contract, graph, answers.
 * @throws MdeployError of the manifest, model, package and pipeline areas; of the probe area when one does not load
 */
export async function diff(a: string, b: string, options: DiffOptions): Promise<DiffReport> {
  options.progress(`Reading ${a} and ${b}`);
  const before = await openSide(a);
  const after = await openSide(b);
  const { renamedInputs } = contractChanges(before, after, false);
  const calls = options.compareAnswers ? await sampleCalls(before, after, renamedInputs) : [];
  const isMeasured = calls.some(({ feeds }) => feeds.every(isFed));
  const contract = contractChanges(before, after, isMeasured);
  const graph = await graphChanges(before, after);
  const answers = options.compareAnswers
    ? await compareAnswers(before, after, calls, contract, options)
    : null;
  const breaking = contract.changes.filter((change) => change.breaking).length;
  return {
    before: factsOf(before),
    after: factsOf(after),
    ok: breaking === 0 && (answers?.ok ?? true),
    breaking,
    contract: contract.changes,
    graph,
    answers,
  };
}

function factsOf({ target, variant, opened: { kind, manifest } }: Side): ModelFacts {
  const { name, version } = manifest;
  return { target, kind, name, version, ...(variant !== undefined && { variant }) };
}
