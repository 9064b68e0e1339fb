import { describe, expect, it } from 'vitest';
import { failure } from '../../src/core/errors/error.ts';
import { checks } from '../../src/validate/checks.ts';
import { findingsOf, note, warning } from '../../src/validate/findings.ts';
import { validationText } from '../../src/validate/text.ts';
import type { CheckResult, ValidationReport } from '../../src/validate/validate.ts';

const passed: CheckResult = {
  name: 'lock',
  summary: 'all is as promised',
  status: 'passed',
  detail: '',
  findings: [],
  ms: 1,
};

function report(results: readonly CheckResult[], more: Partial<ValidationReport> = {}): ValidationReport {
  return {
    target: './iris',
    kind: 'folder',
    ok: true,
    strict: false,
    errors: 0,
    warnings: 0,
    checks: results,
    ms: 240,
    exit: 0,
    ...more,
  };
}

describe('validationText', () => {
  it('is a line a check and a verdict', () => {
    const text = validationText(
      report([passed, { ...passed, name: 'manifest', detail: 'iris 3' }], { name: 'iris', version: '3' }),
    );
    expect(text).toBe(
      '✓ lock      all is as promised\n✓ manifest  iris 3\n\niris 3 is fit to ship: 0 errors, 0 warnings, 0.2 s\n',
    );
  });

  it('shows where, expected, received and the fix of an error', () => {
    const error = failure(
      'SAMPLE_DIFFERS',
      { file: 'out.json', name: 'y', reason: 'at [0] expected 1, received 2' },
      { at: { file: 'out.json', line: 2, column: 3, path: 'y' }, expected: '1', received: '2' },
    );
    const failed: CheckResult = { ...passed, name: 'samples', status: 'failed', findings: findingsOf(error) };
    const lines = validationText(report([failed], { ok: false, errors: 1 })).split('\n');
    expect(lines[0]).toBe('✗ samples  all is as promised');
    expect(lines[1]).toBe(
      '    error SAMPLE_DIFFERS: Output "y" is not what out.json promises: at [0] expected 1, received 2.',
    );
    expect(lines.slice(2, 5)).toEqual([
      '      where    out.json:2:3 y',
      '      expected 1',
      '      received 2',
    ]);
    expect(lines[5]).toContain('fix      If the model is right');
    expect(lines.at(-2)).toBe('./iris is not fit to ship: 1 error, 0 warnings, 0.2 s');
  });

  it('marks warnings, skipped and blocked checks', () => {
    const text = validationText(
      report(
        [
          { ...passed, findings: [warning('There is dust.', 'Wipe it.'), note('Blue.')] },
          { ...passed, status: 'skipped', detail: 'not a package' },
          { ...passed, status: 'not-run', detail: 'not run: needs graph' },
        ],
        { strict: true, ok: false, warnings: 1 },
      ),
    );
    expect(text).toContain(
      '! lock  all is as promised\n    warning: There is dust.\n      fix      Wipe it.\n    note: Blue.\n',
    );
    expect(text).toContain('– lock  not a package\n· lock  not run: needs graph\n');
    expect(text).toContain('0 errors, 1 warning (strict)');
  });
});

describe('findingsOf', () => {
  it('takes the faults that an error carries apart', () => {
    const second = failure('FILE_UNREADABLE', { file: 'b', reason: 'it is a folder' });
    const first = failure('FILE_UNREADABLE', { file: 'a', reason: 'it is a folder' }).withOthers([second]);
    const findings = findingsOf(first);
    expect(findings.map(({ message }) => message)).toEqual([
      'Cannot read a: it is a folder.',
      'Cannot read b: it is a folder.',
    ]);
    expect(findings[0]!.remedy).toBe(second.remedy);
  });
});

describe('the table of checks', () => {
  it('has each check after those it needs, under one name', () => {
    const seen = new Set<string>();
    for (const { name, needs, takes = {}, summary } of checks) {
      expect([...needs, ...Object.values(takes)].filter((need) => !seen.has(need))).toEqual([]);
      expect(seen.has(name)).toBe(false);
      expect(summary.length).toBeGreaterThan(20);
      seen.add(name);
    }
    expect(seen.size).toBe(13);
  });
});
