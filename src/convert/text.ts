import { showSize } from '../core/units.ts';
import type { OutputParity } from '../proof/parity.ts';
import type { Conversion } from './convert.ts';

/** The report for people: what was made, the proof, what to type next. */
export function conversionText(conversion: Conversion): string {
  const { source, what, folder, parity, environment, peakBytes, seconds } = conversion;
  const facts = `${seconds.toFixed(1)} s, peak ${showSize(peakBytes)}, environment ${environment.name} (${showSize(environment.bytes)})`;
  const lines = [`${source} is ${what}.`, '', ...table(parity.outputs), ''];
  if (parity.ok && folder !== undefined) {
    lines.push(
      `The answers stay: ${parity.outputs.length} of ${parity.outputs.length} outputs agree. ${facts}.`,
    );
    lines.push(`Made ${folder}. Next: mdeploy validate ${folder}, then mdeploy serve ${folder}.`);
    return lines.join('\n');
  }
  const failed = parity.outputs.filter(({ ok }) => !ok);
  lines.push(`The answers change: ${failed.length} of ${parity.outputs.length} outputs differ. ${facts}.`);
  if (parity.worst)
    lines.push(
      `Worst is ${parity.worst.output} of the sample "${parity.worst.sample}": ${parity.worst.reason}.`,
    );
  const { firstDifference: first } = conversion;
  if (first) lines.push(`They part at ${first.node} (${first.op}): ${first.reason}.`);
  lines.push('Nothing was written.');
  return lines.join('\n');
}

function table(outputs: readonly OutputParity[]): string[] {
  const rows = outputs.map(({ sample, output, ok, max_abs, max_rel, cosine, top1 }) => [
    sample,
    output,
    figure(max_abs),
    figure(max_rel),
    cosine === null ? '-' : cosine.toFixed(9),
    top1 === null ? '-' : `${(100 * top1).toFixed(top1 === 1 ? 0 : 1)}%`,
    ok ? 'agrees' : 'DIFFERS',
  ]);
  const all = [['sample', 'output', 'max abs', 'max rel', 'cosine', 'top-1', ''], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return all.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd(),
  );
}

function figure(value: number): string {
  return value === 0 ? '0' : Number.isFinite(value) ? value.toExponential(1) : 'infinite';
}
