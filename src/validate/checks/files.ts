import { join } from 'node:path';
import { asMdeployError, type MdeployError } from '../../core/errors/error.ts';
import { placedIn } from '../../manifest/place.ts';
import { plainFile, readLabelFiles } from '../../repository/model-files.ts';
import type { Check } from '../check.ts';
import { findingsOf } from '../findings.ts';

export const files: Check = {
  name: 'files',
  summary: 'every file that the manifest names is a plain file in the model folder',
  needs: [],
  takes: { subject: 'manifest' },
  run: async (bench) => {
    const { place } = bench;
    if (place.kind === 'file') {
      bench.put('modelPath', join(place.root, place.modelFile));
      return { findings: [], detail: place.modelFile };
    }
    const { model } = bench.get('subject');
    const draft = bench.find('draft');
    const { root, manifestFile } = place;
    const faults: MdeployError[] = [];
    const attempt = async <T>(work: Promise<T>): Promise<T | undefined> =>
      work.catch((error: unknown) => {
        faults.push(asMdeployError(error));
        return undefined;
      });
    const modelPath = await attempt(plainFile(root, model.path, 'model.path', manifestFile));
    if (modelPath !== undefined) bench.put('modelPath', modelPath);
    if (draft) await attempt(readLabelFiles(root, draft, manifestFile));
    for (const [index, sample] of draft?.samples.entries() ?? []) {
      await attempt(plainFile(root, sample.inputs, `samples[${index}].inputs`, manifestFile));
      await attempt(plainFile(root, sample.outputs, `samples[${index}].outputs`, manifestFile));
    }
    const findings = faults.flatMap((fault) => findingsOf(placedIn(fault, bench.find('locate'))));
    return { findings, detail: model.path };
  },
};
