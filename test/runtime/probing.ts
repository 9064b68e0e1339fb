import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'vitest';
import type { MdeployError } from '../../src/core/errors/error.ts';
import { type ProbeOptions, probeModel } from '../../src/runtime/probe.ts';

export const roomy = { timeoutMs: 20_000, maxMemoryBytes: 2e9 };

/** Probes of files made on the spot, in a folder of their own. */
export class ProbeBench {
  readonly folder = mkdtempSync(join(tmpdir(), 'mdeploy-test-probe-'));

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  bytes(bytes: Buffer, options: Partial<ProbeOptions> = {}) {
    const path = join(this.folder, 'hostile.onnx');
    writeFileSync(path, bytes);
    return probeModel(source(path), { ...roomy, ...options });
  }

  /** Runs a child of our own making in place of the real one. */
  child(code: string, options: Partial<ProbeOptions> = {}) {
    const entry = join(this.folder, `${Math.random()}.mjs`);
    writeFileSync(entry, code);
    return probeModel(source('none.onnx'), { ...roomy, ...options, entry: pathToFileURL(entry) });
  }
}

export function source(path: string) {
  return { name: 'm', path, intraOpThreads: 1 } as const;
}

export async function faultOf(probing: Promise<unknown>): Promise<MdeployError> {
  return probing.then(
    () => expect.fail('the probe passed'),
    (error: MdeployError) => error,
  );
}

/** Probe processes that `parent` started and that still live. */
export function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => parentOf(pid) === parent && commandOf(pid).includes('probe'));
}

export function commandOf(pid: number): string {
  return readQuietly(`/proc/${pid}/cmdline`);
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(readQuietly(`/proc/${pid}/status`))?.[1]);
}

// A process may end between being listed and being read.
function readQuietly(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
