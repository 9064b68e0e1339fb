import type { Tensor } from '../../core/tensor.ts';
import { graphSource } from '../../repository/load-version.ts';
import { variantFor } from '../../repository/variants.ts';
import { probeModel } from '../../runtime/probe.ts';
import type { Check, Finding } from '../check.ts';
import { findingsOf, note } from '../findings.ts';
import { judgeSample } from './samples.ts';

export const variants: Check = {
  name: 'variants',
  summary: 'the variant for this machine loads and answers the samples too',
  needs: ['samples'],
  skip: (bench) => (bench.find('opened')?.variants.length ? undefined : 'the model has none'),
  run: async (bench) => {
    const opened = bench.get('opened');
    const chosen = variantFor(opened.variants);
    const others = opened.variants.filter((variant) => variant !== chosen).map(({ path }) => path);
    const findings: Finding[] =
      others.length === 0 ? [] : [note(`Not tried, for they are for other machines: ${others.join(', ')}.`)];
    if (!chosen) return { findings, detail: 'none is for this machine' };
    const { timeout_ms: timeoutMs, max_memory_bytes: maxMemoryBytes } = opened.manifest.runtime.probe;
    const source = await graphSource({ ...opened, onnx: chosen.onnx, modelPath: chosen.modelPath });
    const samples = (await bench.samples()).filter(({ inputs }) => inputs !== undefined);
    const inputs = samples.map((sample) => sample.inputs as readonly Tensor[]);
    const { runs } = await probeModel(source, {
      timeoutMs,
      maxMemoryBytes,
      ...(inputs.length > 0 && { inputs }),
      ...(bench.signal && { signal: bench.signal }),
    });
    for (const [index, sample] of samples.entries())
      findings.push(...(await judgeSample(bench, sample, runs[index]!)).flatMap(findingsOf));
    return { findings, detail: `${chosen.path}, ${samples.length} samples` };
  },
};
