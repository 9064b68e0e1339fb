import { catalogue } from '../core/errors/catalogue.ts';
import { asMdeployError, MdeployError } from '../core/errors/error.ts';
import type { ExitCode } from '../core/errors/row.ts';
import { placedIn } from '../manifest/place.ts';
import { locateModel } from '../repository/locate-model.ts';
import type { Check, Finding, Severity } from './check.ts';
import { checks } from './checks.ts';
import { findingsOf } from './findings.ts';
import { type Products, Workbench } from './workbench.ts';

export interface ValidateOptions {
  /** Warnings fail too. */
  readonly strict?: boolean;
  readonly signal?: AbortSignal;
  /** Told as each check begins, for a spinner. */
  readonly progress?: (summary: string) => void;
}

export interface CheckResult {
  readonly name: string;
  readonly summary: string;
  readonly status: 'passed' | 'failed' | 'skipped' | 'not-run';
  /** A few words of what was found, or why it was skipped or not run. */
  readonly detail: string;
  readonly findings: readonly Finding[];
  readonly ms: number;
}

export interface ValidationReport {
  readonly target: string;
  readonly kind: 'file' | 'folder' | 'package';
  readonly name?: string;
  readonly version?: string;
  readonly ok: boolean;
  readonly strict: boolean;
  readonly errors: number;
  readonly warnings: number;
  readonly checks: readonly CheckResult[];
  readonly ms: number;
  readonly exit: 0 | ExitCode;
}

/**
 * Is this model fit to ship? Runs every check in order; one that fails stops those that need it, not the others.
 * @throws MdeployError when MODEL cannot be found at all (`MODEL_PATH_MISSING`, …), or `INTERRUPTED`
 */
export async function validate(target: string, options: ValidateOptions = {}): Promise<ValidationReport> {
  const start = performance.now();
  const bench = new Workbench(target, await locateModel(target), options.signal);
  const results = new Map<string, CheckResult>();
  for (const check of checks) {
    options.progress?.(check.summary);
    results.set(check.name, await runCheck(check, bench, results));
  }
  const all = [...results.values()];
  const findings = all.flatMap((result) => result.findings);
  const errors = count(findings, 'error');
  const warnings = count(findings, 'warning');
  const strict = options.strict ?? false;
  const ok = errors === 0 && !(strict && warnings > 0);
  const draft = bench.find('draft');
  return {
    target,
    kind: bench.place.kind,
    ...(draft && { name: draft.name, version: draft.version }),
    ok,
    strict,
    errors,
    warnings,
    checks: all,
    ms: Math.round(performance.now() - start),
    exit: ok ? 0 : exitOf(findings),
  };
}

async function runCheck(
  check: Check,
  bench: Workbench,
  before: ReadonlyMap<string, CheckResult>,
): Promise<CheckResult> {
  const { name, summary } = check;
  const idle = { name, summary, findings: [], ms: 0 };
  const missing = blockersOf(check, bench, before);
  if (missing.length > 0)
    return { ...idle, status: 'not-run', detail: `not run: needs ${missing.join(', ')}` };
  const skipped = check.skip?.(bench);
  if (skipped !== undefined) return { ...idle, status: 'skipped', detail: skipped };
  const start = performance.now();
  const { findings, detail = '' } = await check.run(bench).catch((error: unknown) => ({
    findings: faultOf(error, bench),
    detail: '',
  }));
  const ms = Math.round(performance.now() - start);
  const status = findings.some(({ severity }) => severity === 'error') ? 'failed' : 'passed';
  return { name, summary, status, detail, findings, ms };
}

/** The checks that are to be put right first. */
function blockersOf(
  { needs, takes = {} }: Check,
  bench: Workbench,
  before: ReadonlyMap<string, CheckResult>,
): string[] {
  const makers = Object.entries(takes).filter(([product]) => !bench.find(product as keyof Products));
  const direct = [
    ...needs.filter((need) => !isPassed(before.get(need))),
    ...makers.map(([, maker]) => maker),
  ];
  // A chain of checks that were not run ends at the one that failed.
  const roots = direct.flatMap((name) => {
    const cause = checks.find((check) => check.name === name);
    if (before.get(name)?.status !== 'not-run' || !cause) return [name];
    return blockersOf(cause, bench, before);
  });
  return checks.map(({ name }) => name).filter((name) => roots.includes(name));
}

function isPassed(result: CheckResult | undefined): boolean {
  return result?.status === 'passed' || result?.status === 'skipped';
}

// What has no catalogue row is a fault of mdeploy and no finding about the model.
function faultOf(error: unknown, bench: Workbench): Finding[] {
  if (!(error instanceof MdeployError) || error.code === 'INTERRUPTED' || error.code === 'INTERNAL') {
    throw asMdeployError(error);
  }
  return findingsOf(placedIn(error, bench.find('locate')));
}

function count(findings: readonly Finding[], severity: Severity): number {
  return findings.filter((finding) => finding.severity === severity).length;
}

// The first error decides: what comes later often follows from it.
function exitOf(findings: readonly Finding[]): ExitCode {
  const code = findings.find(({ severity }) => severity === 'error')?.code;
  return code === undefined ? 1 : catalogue[code].exit;
}
