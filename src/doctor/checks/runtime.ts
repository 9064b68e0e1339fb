import { hasLocale } from '../../runtime/locale.ts';
import { onnxRuntimeVersion } from '../../runtime/onnxruntime.ts';
import { type DoctorCheck, ok } from '../check.ts';

export const runtime: DoctorCheck = {
  name: 'runtime',
  run: async ({ signal }) => {
    const version = onnxRuntimeVersion();
    const start = performance.now();
    // A text model in the locale that every system has: loading it at all is the question.
    const isLoaded = await hasLocale('C', { signal });
    if (isLoaded)
      return ok(`onnxruntime-node ${version}, loads in ${Math.round(performance.now() - start)} ms`);
    return {
      verdict: 'error',
      finding: `onnxruntime-node ${version} refuses the smallest model.`,
      remedy: 'Install mdeploy again; its runtime is damaged.',
    };
  },
};
