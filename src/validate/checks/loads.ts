import { showSize } from '../../core/units.ts';
import { graphSource } from '../../repository/load-version.ts';
import { probeModel } from '../../runtime/probe.ts';
import type { Check } from '../check.ts';
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
    const zerosRefused = agrees && samples.length === 0 && first?.ok === false;
    return {
      findings: zerosRefused
        ? [
            warning(
              `It loads, but could not be run with made-up zeros: ${first.reason}`,
              'Add a sample with real inputs, so that a run can be checked.',
            ),
          ]
        : [],
      detail: [
        `load ${report.loadMs.toFixed(0)} ms`,
        ...(first?.ok ? [`first run ${first.ms.toFixed(1)} ms`] : []),
        `peak ${showSize(report.peakRssBytes)}`,
      ].join(', '),
    };
  },
};
