import { showSpec, type TensorSpec } from '../../core/tensor.ts';
import { compilePipeline } from '../../pipeline/pipeline.ts';
import { columnsOf } from '../../repository/columns.ts';
import { openModel } from '../../repository/open-model.ts';
import type { Check } from '../check.ts';
import { note, warning } from '../findings.ts';

export const signature: Check = {
  name: 'signature',
  summary: 'manifest, steps and graph agree on names, datatypes and shapes',
  needs: ['lock', 'manifest', 'files', 'versions'],
  run: async (bench) => {
    // The same call as `serve` makes, so that what passes here opens there.
    const opened = await openModel(bench.target);
    bench.put('opened', opened);
    const { inputs, outputs } = opened.manifest;
    const pipeline = await compilePipeline(opened.manifest, { inputs, outputs });
    columnsOf(opened.manifest, pipeline.userSignature.inputs);
    bench.put('pipeline', pipeline);
    const zipMaps = opened.onnx.zipMaps.map(({ output }) =>
      note(
        `The output "${output}" is a list of maps in the graph; it is served as the matrix of scores behind them.`,
      ),
    );
    const completed = opened.warnings.filter((text) => !bench.get('manifestWarnings').includes(text));
    const user = pipeline.userSignature;
    return {
      findings: [...zipMaps, ...completed.map((text) => warning(text, 'Change it in model.yaml.'))],
      detail: `${list(user.inputs)} → ${list(user.outputs)}`,
    };
  },
};

function list(specs: readonly TensorSpec[]): string {
  const shown = specs.slice(0, 4).map((spec) => `${spec.name} ${showSpec(spec)}`);
  return [...shown, ...(specs.length > 4 ? [`and ${specs.length - 4} more`] : [])].join(', ');
}
