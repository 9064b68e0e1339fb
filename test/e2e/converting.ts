import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Conversion, type ConvertOptions, convert } from '../../src/convert/convert.ts';
import type { Tensor } from '../../src/core/tensor.ts';
import { planInit } from '../../src/init/init.ts';
import { graphSource } from '../../src/repository/load-version.ts';
import { openModel } from '../../src/repository/open-model.ts';
import { probeModel } from '../../src/runtime/probe.ts';
import { difference, type FixtureCase, fixturePath, loadCase } from '../fixtures.ts';
import { cachePath } from '../provision/cache.ts';

process.env.MDEPLOY_CACHE = cachePath('convert');

export const work = mkdtempSync(join(tmpdir(), 'mdeploy-converting-'));
let count = 0;

/** Converts as the command does. */
export function convertFile(source: string, more: Partial<ConvertOptions> = {}): Promise<Conversion> {
  return convert(source, {
    output: join(work, String(count++)),
    inputs: [],
    outputs: [],
    trust: false,
    force: false,
    timeoutMs: 900_000,
    maxMemoryBytes: 16e9,
    tolerance: {},
    progress: () => undefined,
    note: () => undefined,
    warn: () => undefined,
    planManifest: async (modelFile, name, output) => (await planInit(modelFile, { name, output })).text,
    ...more,
  });
}

/** Converts a file of a fixture and asks the result for the golden answers; what differs, in words. */
export async function goldenAfter(name: string, file: string, more: Partial<ConvertOptions> = {}) {
  const fixture = loadCase(name);
  const conversion = await convertFile(fixturePath(`${name}/${file}`), more);
  const differences = conversion.folder === undefined ? ['no folder'] : await ask(conversion.folder, fixture);
  return { conversion, differences };
}

async function ask(folder: string, fixture: FixtureCase): Promise<string[]> {
  const opened = await openModel(folder);
  const { inputs, outputs } = opened.manifest;
  const feed = inputs.map((spec, index) => ({
    ...(byName(fixture.inputs, spec.name) ?? fixture.inputs[index]!),
    name: spec.name,
  }));
  const { runs } = await probeModel(await graphSource(opened), {
    inputs: [feed],
    timeoutMs: 60_000,
    maxMemoryBytes: 4e9,
  });
  const run = runs[0]!;
  if (!run.ok) return [run.reason];
  return fixture.outputs.flatMap((expected, index) => {
    const actual = byName(run.outputs, expected.name) ?? byName(run.outputs, outputs[index]?.name ?? '');
    return (actual ? difference(actual, expected, fixture.tolerance) : `no output ${expected.name}`) ?? [];
  });
}

function byName<T extends Tensor>(tensors: readonly T[], name: string): T | undefined {
  return tensors.find((tensor) => tensor.name === name);
}
