import { showSize } from '../core/units.ts';
import { figure, percent, times } from './keep-if.ts';
import type { OptimizationReport } from './report.ts';
import type { Variant } from './variant.ts';

/** The report for people: every variant with its figures, why it was not kept, what is served. */
export function optimizationText(report: OptimizationReport): string {
  const { source, variants, served, folder, noise, samples_left_out: left } = report;
  const rows = variantRows(report);
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const table = rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd(),
  );
  const winner = variants.find(({ name }) => name === served);
  return [
    `${source.target}: ${source.name} ${source.version}, ${conditions(report)}`,
    '',
    ...table,
    '',
    ...variants.filter(({ verdict }) => verdict !== 'kept').map(why),
    '',
    `A race of the original against itself was off by ${percent(noise)}: smaller gains mean nothing.`,
    ...(left.length > 0
      ? [`Left out of model.yaml, for ${served} gives another label: ${left.join(', ')}.`]
      : []),
    winner
      ? `Made ${folder}, which serves ${served}${where(report)}: ${gains(winner)}. Next: mdeploy validate ${folder}.`
      : `Nothing wins on this machine. Made ${folder}, which serves the original as it is.`,
    `The picture: ${folder}/optimization.html`,
  ].join('\n');
}

export function conditions({ keep_if, inputs }: OptimizationReport): string {
  const { top1_agreement, max_error, faster_by, smaller_by } = keep_if;
  const parts = [
    `top-1 from ${percent(top1_agreement)} on`,
    `error up to ${figure(max_error)}`,
    ...(faster_by === undefined ? [] : [`${times(faster_by)} as fast`]),
    ...(smaller_by === undefined ? [] : [`${times(smaller_by)} as small`]),
  ];
  const { judged_rows: rows, origin } = inputs;
  const row = rows === 1 ? 'row' : 'rows';
  const words = { data: `${row} of data`, samples: `${row} of samples`, 'made up': `made-up ${row}` }[origin];
  return `kept if ${parts.join(', ')}; judged by ${rows} ${words}`;
}

/** The table, its head first. */
export function variantRows({ source, variants }: OptimizationReport): string[][] {
  return [
    ['variant', 'size', 'as small', 'ms', 'as fast', 'load ms', 'top-1', 'error', ''],
    [
      'original',
      showSize(source.bytes),
      '',
      milliseconds(source.latency_ms),
      '',
      milliseconds(source.load_ms),
      '',
      '',
      '',
    ],
    ...variants.map(({ name, verdict, measured: m }) => [
      name,
      m ? showSize(m.bytes) : '',
      m ? times(m.smaller_by) : '',
      m?.faster_by ? milliseconds(source.latency_ms / m.faster_by) : '',
      m?.faster_by ? times(m.faster_by) : '',
      m ? milliseconds(m.load_ms) : '',
      m?.top1 == null ? '' : percent(m.top1),
      m ? figure(m.max_error) : '',
      verdict,
    ]),
  ];
}

/** One line: what is said of a variant beside its figures. */
export function why({ name, reasons, facts, first_difference: first }: Variant): string {
  const known = factText(facts);
  const at = first ? [`first beyond what is allowed at ${first.node} (${first.op})`] : [];
  return `  ${name}: ${[...reasons.map(short), ...at, ...(known ? [known] : [])].join('; ')}`;
}

export function factText(facts: Variant['facts']): string {
  const { sparsity, sparsity_of_products, channels_removed, channels, parameters_removed } = facts;
  if (sparsity !== undefined && sparsity_of_products !== undefined)
    return `${percent(sparsity_of_products)} of the weights of products are zero, ${percent(sparsity)} of all`;
  if (channels_removed !== undefined)
    return `${channels_removed} of ${channels} channels removed, ${parameters_removed} parameters`;
  return '';
}

function where({ served_when: when }: OptimizationReport): string {
  return when === null
    ? ''
    : ` on machines with ${[when.arch, ...when.cpu].join(' and ')}, elsewhere the original`;
}

function gains({ measured }: Variant): string {
  if (!measured) return '';
  return `${times(measured.faster_by ?? 0)} as fast, ${times(measured.smaller_by)} as small`;
}

function milliseconds(value: number): string {
  return value < 10 ? value.toFixed(3) : value.toFixed(1);
}

// The runtime's words on a graph may be a page; optimization.json has all of them.
function short(reason: string): string {
  return reason.length > 240 ? `${reason.slice(0, 240)}…` : reason;
}
