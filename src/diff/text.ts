import { showSize } from '../core/units.ts';
import type { Answers } from './answers.ts';
import type { Change } from './change.ts';
import type { DiffReport, ModelFacts } from './diff.ts';
import type { GraphChanges } from './graph.ts';

/** The report for people: contract, graph, answers, verdict. */
export function diffText(report: DiffReport): string {
  const { before, after, contract, graph, answers } = report;
  return [
    `A  ${modelLine(before)}`,
    `B  ${modelLine(after)}`,
    '',
    'Contract',
    ...(contract.length === 0 ? ['  the same'] : contract.map(changeLine)),
    '',
    'Graph',
    ...graphLines(graph),
    '',
    'Answers',
    ...(answers === null ? ['  not compared'] : answerLines(answers)),
    '',
    verdict(report),
  ].join('\n');
}

function modelLine({ target, name, version, variant }: ModelFacts): string {
  return `${target}  (${name} ${version}${variant === undefined ? '' : `, here ${variant}`})`;
}

function changeLine({ subject, change, breaking, before, after, why }: Change): string {
  const values = [before, after].filter((text) => text !== null).join(' → ');
  const reason = why === '' ? '' : ` (${why})`;
  return `  ${breaking ? 'BREAKING' : 'fine    '}  ${subject} ${change}: ${values}${reason}`;
}

function graphLines({ identical, before, after, operators }: GraphChanges): string[] {
  if (identical) return ['  the same file, byte by byte'];
  const opsets = (facts: typeof before) =>
    Object.entries(facts.opsets)
      .map(([domain, version]) => `${domain} ${version}`)
      .join(', ');
  const rows: [string, string, string][] = [
    ['size', showSize(before.bytes), showSize(after.bytes)],
    ['parameters', count(before.parameters), count(after.parameters)],
    ['nodes', count(before.nodes), count(after.nodes)],
    ['opsets', opsets(before), opsets(after)],
    ['IR', String(before.ir_version), String(after.ir_version)],
    ['made by', before.producer || '-', after.producer || '-'],
  ];
  const lines = rows.map(
    ([name, from, to]) => `  ${name.padEnd(10)}  ${from === to ? from : `${from} → ${to}`}`,
  );
  const shown = operators.slice(0, 12).map(({ operator, before: x, after: y }) => `${operator} ${x} → ${y}`);
  const more = operators.length > 12 ? [`and ${operators.length - 12} more`] : [];
  return [...lines, `  operators   ${[...shown, ...more].join(', ') || 'the same'}`];
}

function answerLines({ inputs, compared, outputs, skipped, first_difference: first }: Answers): string[] {
  const head =
    inputs === 'made up'
      ? ['  There are no samples that both take: made-up inputs were given to the graphs themselves.']
      : [];
  const rows = outputs.map(({ output, max_abs, max_rel, top1, worst_sample, ok }) => [
    output,
    figure(max_abs),
    figure(max_rel),
    top1 === null ? '-' : `${(100 * top1).toFixed(top1 === 1 ? 0 : 2)}%`,
    worst_sample,
    ok ? 'agrees' : 'DIFFERS',
  ]);
  const all = [['output', 'max abs', 'max rel', 'top-1', 'worst sample', ''], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const table = all.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd(),
  );
  return [
    ...head,
    `  ${compared} ${compared === 1 ? 'request' : 'requests'} answered by both`,
    ...(rows.length > 0 ? table : []),
    ...outputs.flatMap(({ output, ok, reason }) => (ok || !reason ? [] : [`  ${output}: ${reason}`])),
    ...skipped.map(({ sample, reason }) => `  not compared: ${sample}: ${reason}`),
    ...(first ? [`  They part at ${first.node} (${first.op}): ${first.reason}`] : []),
  ];
}

function verdict({ ok, breaking, answers }: DiffReport): string {
  if (ok)
    return answers === null
      ? 'Nothing breaks; answers were not compared.'
      : 'Nothing breaks, the answers stay.';
  const parts = [
    ...(breaking > 0 ? [`${breaking} breaking ${breaking === 1 ? 'change' : 'changes'}`] : []),
    ...(answers && !answers.ok
      ? [answers.outputs.length > 0 ? 'the answers differ' : 'no answer could be compared']
      : []),
  ];
  return `B cannot take the place of A unnoticed: ${parts.join(', ')}.`;
}

function figure(value: number): string {
  return value === 0 ? '0' : Number.isFinite(value) ? value.toExponential(1) : 'infinite';
}

function count(value: number): string {
  return value.toLocaleString('en-US');
}
