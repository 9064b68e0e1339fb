import { readFile } from 'node:fs/promises';
import type { Tolerance } from '../core/compare.ts';
import { asMdeployError } from '../core/errors/error.ts';
import type { Tensor } from '../core/tensor.ts';
import { findFeeds } from '../proof/find-feeds.ts';
import { type FirstDifference, firstDifference, type GraphSide } from '../proof/first-difference.ts';
import { judgeParity, type OutputParity, type SampleAnswers } from '../proof/parity.ts';
import { type OutputSummary, summarise } from '../proof/summary.ts';
import { graphSource } from '../repository/load-version.ts';
import { type ProbeReport, probeModel } from '../runtime/probe.ts';
import { type Call, isFed, misfit, rename } from './calls.ts';
import type { Contract } from './contract.ts';
import type { Side } from './side.ts';
import { tensorChanges } from './tensors.ts';

export interface AnswerOptions {
  readonly tolerance: Partial<Tolerance>;
  /** Scores and labels agree from this share of equal rows on, whatever their values are. */
  readonly minTop1?: number;
  readonly progress: (text: string) => void;
}

export interface Answers {
  readonly ok: boolean;
  /** `samples`: through the steps of both. `made up`: there are none that both take; given to the graphs themselves. */
  readonly inputs: 'samples' | 'made up' | 'none';
  /** How many requests both answered. */
  readonly compared: number;
  readonly outputs: readonly OutputSummary[];
  /** Requests that were not compared, and why. */
  readonly skipped: readonly { readonly sample: string; readonly reason: string }[];
  /** Where inside the graphs the answers part, found by bisection. */
  readonly first_difference?: FirstDifference;
}

/** Answers of both models to the same requests. @throws MdeployError of the probe area when one does not load */
export async function compareAnswers(
  a: Side,
  b: Side,
  calls: readonly Call[],
  contract: Contract,
  options: AnswerOptions,
): Promise<Answers> {
  const sides = [a, b] as const;
  const graphs = await Promise.all(sides.map(graphOf));
  const usable = calls.filter(({ feeds }) => feeds.every(isFed));
  const skipped = calls.flatMap(({ name, feeds }) =>
    feeds.flatMap((feed, side) =>
      isFed(feed) ? [] : [{ sample: name, reason: `${letters[side]} does not take it: ${feed.refused}` }],
    ),
  );
  const isReal = usable.length > 0;
  options.progress('Making up inputs');
  const made = isReal
    ? { calls: usable, names: contract.renamedOutputs }
    : await madeUp(a, b, graphs[0]!.source);
  if ('refused' in made)
    return { ok: false, inputs: 'none', compared: 0, outputs: [], skipped: [...skipped, made.refused] };
  options.progress('Asking both models');
  const reports = await Promise.all(
    sides.map((side, index) =>
      probeModel(graphs[index]!.source, {
        ...capsOf(side),
        inputs: made.calls.map(({ feeds }) => feeds[index] as readonly Tensor[]),
      }),
    ),
  );
  const answers: SampleAnswers[] = [];
  for (const [index, { name }] of made.calls.entries()) {
    const [before, after] = await Promise.all(
      sides.map((side, at) => finished(side, reports[at]!, index, isReal)),
    );
    if ('refused' in before!) skipped.push({ sample: name, reason: `A refuses it: ${before.refused}` });
    else answers.push({ sample: name, ...shared(before!, after!, made.names) });
  }
  const parity = judgeParity(answers, options.tolerance, { expected: 'A', actual: 'B' });
  const outputs = summarise(parity).map((output) => withTop1(output, options.minTop1));
  const ok = outputs.length > 0 && outputs.every((output) => output.ok);
  const worst = parity.outputs.find(
    ({ ok, output, sample }) =>
      !ok && outputs.some((all) => !all.ok && all.output === output && all.worst_sample === sample),
  );
  const first = ok || !worst ? undefined : await search(graphs, made.calls, worst, options, sides);
  return {
    ok,
    inputs: isReal ? 'samples' : 'made up',
    compared: answers.length,
    outputs,
    skipped,
    ...(first && { first_difference: first }),
  };
}

const letters = ['A', 'B'] as const;

async function graphOf({ opened, target }: Side): Promise<GraphSide> {
  const source = { ...(await graphSource(opened)), name: target };
  return { source, bytes: source.bytes ?? (await readFile(opened.modelPath)) };
}

function capsOf({ opened }: Side) {
  const { timeout_ms: timeoutMs, max_memory_bytes: maxMemoryBytes } = opened.manifest.runtime.probe;
  return { timeoutMs, maxMemoryBytes };
}

async function madeUp(a: Side, b: Side, source: GraphSide['source']) {
  const [before, after] = [a.opened.manifest, b.opened.manifest];
  const { renamed } = tensorChanges('input', before.inputs, after.inputs);
  const names = tensorChanges('output', before.outputs, after.outputs).renamed;
  const { feeds, refused } = await findFeeds(source, before.inputs, capsOf(a));
  if (feeds.length === 0)
    return { refused: { sample: 'made up', reason: `A refuses made-up inputs: ${refused}` } };
  const calls: Call[] = feeds.map(({ name, inputs }) => ({
    name: `made up: ${name}`,
    feeds: [inputs, rename(inputs, renamed)],
  }));
  const reason = misfit(calls[0]!.feeds[1] as readonly Tensor[], after.inputs);
  if (reason !== undefined)
    return { refused: { sample: 'made up', reason: `B does not take it: ${reason}` } };
  return { calls, names };
}

type Answer = readonly Tensor[] | { readonly refused: string };

async function finished(
  { pipeline }: Side,
  { runs }: ProbeReport,
  index: number,
  isReal: boolean,
): Promise<Answer> {
  const run = runs[index]!;
  if (!run.ok) return { refused: run.reason };
  if (!isReal || !pipeline.finish) return run.outputs;
  try {
    return await pipeline.finish(run.outputs);
  } catch (error) {
    return { refused: asMdeployError(error).message };
  }
}

// An output that is gone or has another datatype is told by the contract; its values cannot be compared.
function shared(before: readonly Tensor[], after: Answer, names: ReadonlyMap<string, string>) {
  if ('refused' in after) return { expected: before, actual: after };
  const back = new Map([...names].map(([from, to]) => [to, from]));
  const actual = rename(after, back);
  const expected = before.filter(({ name, datatype }) =>
    actual.some((tensor) => tensor.name === name && tensor.datatype === datatype),
  );
  return { expected, actual };
}

function withTop1(output: OutputSummary, minTop1: number | undefined): OutputSummary {
  if (minTop1 === undefined || output.top1 === null || !Number.isFinite(output.max_abs)) return output;
  return { ...output, ok: output.top1 >= minTop1 };
}

/** A larger model is not sent to processes a dozen times. */
const maxSearchBytes = 512 * 1024 ** 2;

async function search(
  graphs: readonly GraphSide[],
  calls: readonly Call[],
  worst: OutputParity,
  options: AnswerOptions,
  sides: readonly [Side, Side],
): Promise<FirstDifference | undefined> {
  const feeds = calls.find(({ name }) => name === worst.sample)?.feeds;
  const [before, after] = graphs;
  const isWhole = sides.every(({ opened }) => opened.onnx.externalData.length === 0);
  const sameNames = feeds?.every(isFed) && names(feeds[0]) === names(feeds[1]);
  if (!feeds || !before || !after || !isWhole || !sameNames) return undefined;
  if (before.bytes.length + after.bytes.length > maxSearchBytes) return undefined;
  options.progress('Searching the first node that differs');
  const output = sides[0].opened.manifest.outputs.find(({ name }) => name === worst.output);
  const judge = (actual: Tensor, expected: Tensor) =>
    judgeParity([{ sample: worst.sample, expected: [expected], actual: [actual] }], options.tolerance, {
      expected: 'A',
      actual: 'B',
    }).outputs[0]!;
  const from = output?.name ?? sides[0].opened.manifest.outputs[0]!.name;
  return firstDifference(before, after, feeds[0] as readonly Tensor[], from, { ...capsOf(sides[0]), judge });
}

function names(feed: Call['feeds'][0]): string {
  return isFed(feed) ? feed.map(({ name }) => name).join('\0') : '';
}
