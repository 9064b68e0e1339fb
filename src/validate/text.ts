import type { Finding } from './check.ts';
import type { CheckResult, ValidationReport } from './validate.ts';

/** The report for people: one line a check, its findings with their remedies below it, a verdict. */
export function validationText(report: ValidationReport): string {
  const width = Math.max(...report.checks.map(({ name }) => name.length));
  const lines = report.checks.flatMap((check) => [
    checkLine(check, width),
    ...check.findings.flatMap(findingLines),
  ]);
  return `${[...lines, '', verdict(report)].join('\n')}\n`;
}

const marks = { passed: '✓', failed: '✗', skipped: '–', 'not-run': '·' } as const;

function checkLine({ name, summary, status, detail, findings }: CheckResult, width: number): string {
  const isWarned = status === 'passed' && findings.some(({ severity }) => severity === 'warning');
  const text = status === 'failed' ? summary : detail || summary;
  return `${isWarned ? '!' : marks[status]} ${name.padEnd(width)}  ${text}`;
}

function findingLines(finding: Finding): string[] {
  const { severity, code, message, remedy, at, expected, received } = finding;
  const place = [at?.file, at?.line, at?.column].filter((part) => part !== undefined).join(':');
  const where = [place, at?.path].filter(Boolean).join(' ');
  const lines = [`    ${severity}${code === undefined ? '' : ` ${code}`}: ${message}`];
  const add = (label: string, text: string | undefined) => {
    if (text) lines.push(`      ${label.padEnd(8)} ${text}`);
  };
  add('where', where);
  add('expected', expected);
  add('received', received);
  add('fix', remedy);
  return lines;
}

function verdict({ name, version, target, ok, strict, errors, warnings, ms }: ValidationReport): string {
  const subject = name === undefined ? target : `${name} ${version}`;
  const counts = [plural(errors, 'error'), plural(warnings, 'warning')].join(', ');
  const word = ok ? 'is fit to ship' : 'is not fit to ship';
  return `${subject} ${word}: ${counts}${strict ? ' (strict)' : ''}, ${(ms / 1000).toFixed(1)} s`;
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
