import { join } from 'node:path';
import { compareTensors, showElement } from '../../core/compare.ts';
import { asMdeployError, failure, type MdeployError } from '../../core/errors/error.ts';
import type { Tensor } from '../../core/tensor.ts';
import { readSample } from '../../repository/samples.ts';
import type { ProbeRun } from '../../runtime/probe-messages.ts';
import type { Check } from '../check.ts';
import { findingsOf, warning } from '../findings.ts';
import type { ReadSample, Workbench } from '../workbench.ts';

export const samples: Check = {
  name: 'samples',
  summary: 'the samples give the promised outputs within their tolerance',
  needs: ['signature', 'loads'],
  run: async (bench) => {
    const all = await bench.samples();
    if (all.length === 0) {
      const remedy = 'Add known inputs and outputs under samples in model.yaml; docs/validate.md shows how.';
      return {
        findings: [warning('There are no samples: nothing says what the right answers are.', remedy)],
      };
    }
    const runs = [...bench.get('report').runs];
    const faults: MdeployError[] = [];
    let right = 0;
    for (const read of all) {
      const found = read.fault ? [read.fault] : await judgeSample(bench, read, runs.shift()!);
      faults.push(...found);
      if (found.length === 0) right += 1;
    }
    return { findings: faults.flatMap(findingsOf), detail: `${right} of ${all.length} agree` };
  },
};

/** What one run's answer leaves to be desired. */
export async function judgeSample(
  bench: Workbench,
  { sample, file }: ReadSample,
  run: ProbeRun,
): Promise<MdeployError[]> {
  if (!run.ok) return [failure('SAMPLE_REFUSED', { file, reason: run.reason }, { at: { file } })];
  const { finish, userSignature } = bench.get('pipeline');
  const expectedFile = join(bench.get('opened').root, sample.outputs);
  try {
    const expected = await readSample(expectedFile, userSignature.outputs, { partial: true });
    const actual = finish ? await finish(run.outputs) : run.outputs;
    return expected.flatMap((tensor) => difference(expectedFile, actual, tensor, sample.tolerance));
  } catch (error) {
    return [asMdeployError(error)];
  }
}

function difference(
  file: string,
  outputs: readonly Tensor[],
  expected: Tensor,
  tolerance: { readonly rtol: number; readonly atol: number },
): MdeployError[] {
  const { name } = expected;
  const actual = outputs.find((tensor) => tensor.name === name);
  if (!actual) return [differs(file, name, 'it is not among the outputs', {})];
  const { ok, reason, worstIndex } = compareTensors(actual, expected, tolerance);
  if (ok) return [];
  const values =
    worstIndex < 0
      ? {}
      : { expected: showElement(expected, worstIndex), received: showElement(actual, worstIndex) };
  return [differs(file, name, reason ?? '', values)];
}

function differs(
  file: string,
  name: string,
  reason: string,
  values: { readonly expected?: string; readonly received?: string },
): MdeployError {
  return failure(
    'SAMPLE_DIFFERS',
    { file, name, reason },
    { at: { file, path: name }, field: name, ...values },
  );
}
