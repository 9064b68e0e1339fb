import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { sha256 } from '../../src/core/hash.ts';
import type { Tensor } from '../../src/core/tensor.ts';
import { lockName, printLock } from '../../src/repository/lock.ts';
import { writeSample } from '../../src/repository/samples.ts';
import type { CheckResult, ValidationReport } from '../../src/validate/validate.ts';
import type { FixtureCase } from '../fixtures.ts';

/** A folder for the models of one test file. */
export class Workplace {
  readonly root = mkdtempSync(join(tmpdir(), 'mdeploy-test-validate-'));
  #made = 0;

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  file(name: string, content: string | Uint8Array): string {
    const path = join(this.folder(), name);
    writeFileSync(path, content);
    return path;
  }

  folder(): string {
    this.#made += 1;
    const path = join(this.root, String(this.#made));
    mkdirSync(path);
    return path;
  }

  /** A model folder: the fixture's model, a manifest with `more` lines, and its golden call as a sample. */
  async model(fixture: FixtureCase, more = '', sample: Partial<Sample> = {}): Promise<string> {
    const folder = this.folder();
    for (const file of readdirSync(fixture.folder)) {
      if (/\.onnx(\.data)?$/.test(file)) cpSync(join(fixture.folder, file), join(folder, file));
    }
    const { inputs = fixture.inputs, outputs = fixture.outputs, tolerance = fixture.tolerance } = sample;
    mkdirSync(join(folder, 'samples'));
    await writeSample(join(folder, 'samples/0.in.json'), inputs);
    await writeSample(join(folder, 'samples/0.out.json'), outputs);
    const { rtol, atol } = tolerance;
    writeFileSync(
      join(folder, 'model.yaml'),
      `schema_version: 1
name: model
model: {path: ${fixture.modelPath.slice(fixture.folder.length + 1)}}
samples:
  - inputs: samples/0.in.json
    outputs: samples/0.out.json
    tolerance: {rtol: ${rtol.toFixed(12)}, atol: ${atol.toFixed(12)}}
${more}`,
    );
    return folder;
  }

  /** What `mdeploy package` leaves, as far as a validation looks: `model/` and a lock over it. */
  async package(fixture: FixtureCase): Promise<string> {
    const folder = this.folder();
    cpSync(await this.model(fixture), join(folder, 'model'), { recursive: true });
    const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
    const files = paths.map((path) => {
      const content = readFileSync(join(folder, path));
      return { path, sha256: sha256(content), bytes: content.length, mode: '0644', layer: 'model' as const };
    });
    const lock = {
      schema_version: 1,
      name: 'model',
      version: '1',
      tool: { name: 'mdeploy', version: '0.1.0' },
      runtime: { name: 'onnxruntime-node', version: '1.30.0' },
      platforms: ['linux/amd64'],
      base: 'base',
      needs_locale: false,
      files,
    } as const;
    writeFileSync(join(folder, lockName), printLock(lock));
    return folder;
  }
}

interface Sample {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly tolerance: { readonly rtol: number; readonly atol: number };
}

export function check(report: ValidationReport, name: string): CheckResult {
  const result = report.checks.find((each) => each.name === name);
  if (!result) throw new Error(`no check named ${name}`);
  return result;
}

/** By check: its status, or why it was not run. */
export function statuses(report: ValidationReport): Record<string, string> {
  return Object.fromEntries(
    report.checks.map(({ name, status, detail }) => [
      name,
      status === 'passed' || status === 'failed' ? status : detail,
    ]),
  );
}

/** Codes of all error findings, in order. */
export function codes(report: ValidationReport): (string | undefined)[] {
  return report.checks
    .flatMap(({ findings }) => findings)
    .filter(({ severity }) => severity === 'error')
    .map(({ code }) => code);
}

export function edit(folder: string, file: string, change: (text: string) => string): void {
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, change(readFileSync(path, 'utf8')));
}
