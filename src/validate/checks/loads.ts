import type { TensorSpec } from '../../core/tensor.ts';
import { showSize } from '../../core/units.ts';
import { signatureOf } from '../../onnx/signature.ts';
import { graphSource } from '../../repository/load-version.ts';
import { probeModel } from '../../runtime/probe.ts';
import type { Check, Finding } from '../check.ts';
import { warning } from '../findings.ts';

export const loads: Check = {
  name: 'loads',
  summary: 'the runtime loads and runs it, in a process of its own with a deadline and a memory cap',
  needs: ['versions', 'locale'],
  run: async (bench) => {
    const subject = bench.get('subject');
    const { timeout_ms: timeoutMs, max_memory: maxMemoryBytes } = subject.runtime.probe;
    const localePath = bench.find('localePath');
    const source = await graphSource({
      manifest: subject,
      onnx: bench.get('onnx'),
      modelPath: bench.get('modelPath'),
      ...(localePath !== undefined && { localePath }),
    });
    // What disagrees with the graph can feed nothing to it.
    const agrees = bench.find('pipeline') !== undefined;
    const samples = agrees ? await bench.samples() : [];
    const inputs = samples.flatMap((sample) => (sample.inputs ? [sample.inputs] : []));
    const report = await probeModel(source, {
      timeoutMs,
      maxMemoryBytes,
      ...(samples.length > 0 && { inputs }),
      ...(bench.signal && { signal: bench.signal }),
    });
    bench.put('report', report);
    const [first] = report.runs;
    const untrue = first?.ok ? untrueShapes(signatureOf(bench.get('onnx')).outputs, first.shapes) : [];
    const zerosRefused = agrees && samples.length === 0 && first?.ok === false;
    return {
      findings: zerosRefused
        ? [
            warning(
              `It loads, but could not be run with made-up zeros: ${first.reason}`,
              'Add a sample with real inputs, so that a run can be checked.',
            ),
          ]
        : untrue,
      detail: [
        `load ${report.loadMs.toFixed(0)} ms`,
        ...(first?.ok ? [`first run ${first.ms.toFixed(1)} ms`] : []),
        `peak ${showSize(report.peakRssBytes)}`,
      ].join(', '),
    };
  },
};

// The runtime only warns. Clients that read the metadata would make room for another answer.
function untrueShapes(
  outputs: readonly TensorSpec[],
  answered: Readonly<Record<string, readonly number[]>>,
): readonly Finding[] {
  return outputs.flatMap(({ name, shape }) => {
    const got = answered[name];
    if (!got || !shape) return [];
    const fits =
      got.length === shape.length && shape.every((dim, axis) => typeof dim !== 'number' || dim === got[axis]);
    if (fits) return [];
    return warning(
      `The graph promises [${shape.join(',')}] for "${name}" and answers [${got.join(',')}].`,
      'Export the model again with the true shape: clients read it in the metadata.',
    );
  });
}
