import { join } from 'node:path';
import { loadManifest } from '../../manifest/check.ts';
import { inferDraft } from '../../manifest/infer.ts';
import { transforms } from '../../pipeline/transforms.ts';
import type { Check } from '../check.ts';
import { warning } from '../findings.ts';

export const manifest: Check = {
  name: 'manifest',
  summary: 'model.yaml is complete and every setting can be honoured',
  needs: ['lock'],
  run: async (bench) => {
    const { place } = bench;
    if (place.manifestFile === undefined) {
      bench.put('manifestWarnings', []);
      bench.put('draft', inferDraft(join(place.root, place.modelFile)));
      return { findings: [], detail: 'none; inferred from the model file' };
    }
    const { draft, warnings, locate } = await loadManifest(place.manifestFile, {
      transforms: transforms.names,
    });
    bench.put('draft', draft);
    bench.put('locate', locate);
    bench.put('manifestWarnings', warnings);
    const remedy = 'Change it in model.yaml, or leave it if that is what you want.';
    return {
      findings: warnings.map((text) => warning(text, remedy)),
      detail: `${draft.name} ${draft.version}`,
    };
  },
};
