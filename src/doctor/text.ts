import type { DoctorReport } from './doctor.ts';

/** The report for people: one line a check, the remedy below it where there is one. */
export function doctorText({ checks, ok }: DoctorReport): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, verdict, finding, remedy }) => [
    `${marks[verdict]} ${name.padEnd(width)}  ${finding}`,
    ...(remedy === '' ? [] : [`  ${' '.repeat(width)}  fix: ${remedy}`]),
  ]);
  const warnings = checks.filter(({ verdict }) => verdict === 'warning').length;
  const warned = warnings === 1 ? ', with 1 warning' : warnings > 1 ? `, with ${warnings} warnings` : '';
  const verdict = ok
    ? `This machine can run mdeploy${warned}.`
    : 'This machine lacks something mdeploy needs.';
  return `${[...lines, '', verdict].join('\n')}\n`;
}

const marks = { ok: '✓', warning: '!', error: '✗' } as const;
