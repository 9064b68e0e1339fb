import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '../../core/errors/error.ts';
import { showSize } from '../../core/units.ts';
import { filesOf } from '../../repository/model-files.ts';
import type { Check, Finding } from '../check.ts';
import { findingsOf, note, warning } from '../findings.ts';

// linux/x64 of the pruned runtime, the larger of the platforms, and the Node binary of every base (measured).
const runtimeBytes = 45e6;
const nodeBytes = 120e6;

export const size: Check = {
  name: 'size',
  summary: 'model and memory fit the limits that the manifest sets',
  needs: ['files', 'manifest', 'graph'],
  run: async (bench) => {
    const draft = bench.get('draft');
    const { root } = bench.place;
    const variants = bench.find('opened')?.variants.flatMap(({ files }) => files);
    const files = filesOf(draft, bench.get('external'), variants);
    let bytes = 0;
    for (const file of files) bytes += (await stat(join(root, file))).size;
    const findings: Finding[] = [];
    const limit = draft.image.max_size;
    const least = bytes + runtimeBytes + nodeBytes;
    if (limit !== undefined && limit < least) {
      const facts = { limit: showSize(limit), least: showSize(least), model: showSize(bytes) };
      findings.push(
        ...findingsOf(failure('IMAGE_LIMIT_HOPELESS', facts, { at: { path: 'image.max_size' } })),
      );
    }
    findings.push(...memory(bench.find('report')?.peakRssBytes, draft.runtime.probe.max_memory));
    return {
      findings,
      detail: `${showSize(bytes)} in ${files.length} ${files.length === 1 ? 'file' : 'files'}`,
    };
  },
};

function memory(peak: number | undefined, cap: number): Finding[] {
  if (peak === undefined) return [];
  if (peak > 0.8 * cap) {
    const remedy = 'Raise runtime.probe.max_memory in model.yaml, so that a larger input does not meet it.';
    return [warning(`The peak of ${showSize(peak)} is near the cap of ${showSize(cap)}.`, remedy)];
  }
  return [
    note(`Give a server of this model at least ${showSize(Math.ceil((peak * 1.25) / 1e6) * 1e6)} of memory.`),
  ];
}
