import {
  changedSamples,
  conversionFiles,
  conversionName,
  readConversion,
  staleProof,
} from '../../repository/conversion.ts';
import type { Check } from '../check.ts';
import { findingsOf, warning } from '../findings.ts';

export const conversion: Check = {
  name: 'conversion',
  summary: 'the model is the one that its conversion has proven',
  needs: [],
  takes: { modelPath: 'files' },
  skip: ({ place }) =>
    place.kind !== 'file' && conversionFiles(place.root).length > 0
      ? undefined
      : 'not converted by mdeploy, or not told',
  run: async (bench) => {
    const { root } = bench.place;
    const proof = await readConversion(root);
    if (proof === undefined) return { findings: [] };
    const stale = await staleProof(root, bench.get('modelPath'), proof);
    const changed = await changedSamples(root, proof);
    const findings = [
      ...(stale ? findingsOf(stale) : []),
      ...(changed.length > 0 ? [warning(changedMeans(changed), changedRemedy)] : []),
    ];
    return { findings, detail: `from ${proof.source.name}, ${proof.source.what}` };
  },
};

function changedMeans(paths: readonly string[]): string {
  const verb = paths.length === 1 ? 'is' : 'are';
  return `${paths.join(', ')} ${verb} not what the original of ${conversionName} has answered.`;
}

const changedRemedy =
  'Fine where you wrote them anew for your own steps; otherwise convert again, or take them from where the model came from.';
