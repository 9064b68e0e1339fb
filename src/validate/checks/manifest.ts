import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { loadManifest } from '../../manifest/check.ts';
import { inferDraft } from '../../manifest/infer.ts';
import { manifestSchema } from '../../manifest/schema.ts';
import { maxManifestBytes, readYaml } from '../../manifest/yaml.ts';
import { transforms } from '../../pipeline/transforms.ts';
import type { Check } from '../check.ts';
import { warning } from '../findings.ts';
import type { Workbench } from '../workbench.ts';

export const manifest: Check = {
  name: 'manifest',
  summary: 'model.yaml is complete and every setting can be honoured',
  needs: [],
  run: async (bench) => {
    const { place } = bench;
    if (place.manifestFile === undefined) {
      const draft = inferDraft(join(place.root, place.modelFile));
      const inferred = { ...draft, model: { ...draft.model, path: place.modelFile } };
      bench.put('manifestWarnings', []);
      bench.put('draft', inferred);
      bench.put('subject', inferred);
      return { findings: [], detail: 'none; inferred from the model file' };
    }
    const options = { transforms: transforms.names };
    const { draft, warnings, locate } = await loadManifest(place.manifestFile, options).catch(
      async (error: unknown) => {
        await lookForModel(place.manifestFile, bench);
        throw error;
      },
    );
    bench.put('draft', draft);
    bench.put('subject', draft);
    bench.put('locate', locate);
    bench.put('manifestWarnings', warnings);
    const remedy = 'Change it in model.yaml, or leave it if that is what you want.';
    return {
      findings: warnings.map((text) => warning(text, remedy)),
      detail: `${draft.name} ${draft.version}`,
    };
  },
};

/** A mistake elsewhere in the manifest does not keep the model file from being checked. */
async function lookForModel(file: string, bench: Workbench): Promise<void> {
  const found = await stat(file);
  if (!found.isFile() || found.size > maxManifestBytes) return;
  const { data, locate } = readYaml(await readFile(file, 'utf8'), file);
  const model = typeof data === 'object' && data !== null && 'model' in data ? data.model : undefined;
  const { success, data: draft } = manifestSchema.safeParse({ name: 'model', model });
  if (!success) return;
  bench.put('subject', draft);
  bench.put('locate', locate);
}
