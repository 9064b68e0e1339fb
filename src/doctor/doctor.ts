import { tmpdir } from 'node:os';
import { asMdeployError, MdeployError } from '../core/errors/error.ts';
import type { Diagnosis, DoctorCheck, Machine } from './check.ts';
import { checks } from './checks.ts';

export interface DoctorResult extends Diagnosis {
  readonly name: string;
  readonly ms: number;
}

export interface DoctorReport {
  readonly ok: boolean;
  readonly checks: readonly DoctorResult[];
  readonly exit: 0 | 3;
}

/** What is wrong with this machine? Every check is run, whatever the others found. @throws MdeployError `INTERRUPTED` */
export async function doctor(
  machine: Machine = thisMachine(),
  progress: (name: string) => void = () => undefined,
): Promise<DoctorReport> {
  const results: DoctorResult[] = [];
  for (const check of checks) {
    progress(check.name);
    const start = performance.now();
    const diagnosis = await check.run(machine).catch((error: unknown) => fromError(check, error));
    results.push({ name: check.name, ...diagnosis, ms: Math.round(performance.now() - start) });
  }
  const ok = results.every(({ verdict }) => verdict !== 'error');
  return { ok, checks: results, exit: ok ? 0 : 3 };
}

export function thisMachine(): Machine {
  return {
    env: process.env,
    platform: process.platform,
    arch: process.arch,
    nodeVersion: process.versions.node,
    root: '/',
    temporaryFolder: tmpdir(),
  };
}

function fromError(check: DoctorCheck, error: unknown): Diagnosis {
  if (!(error instanceof MdeployError) || error.code === 'INTERRUPTED' || error.code === 'INTERNAL') {
    throw asMdeployError(error);
  }
  const { message, remedy } = error;
  return { verdict: check.optional ? 'warning' : 'error', finding: message, remedy };
}
