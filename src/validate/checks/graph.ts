import { checkExternalData } from '../../onnx/external-data.ts';
import { readModel } from '../../onnx/read-model.ts';
import type { Check } from '../check.ts';

export const graph: Check = {
  name: 'graph',
  summary: 'the model file is whole, within safe limits, and its external data is beside it',
  needs: [],
  takes: { modelPath: 'files' },
  run: async (bench) => {
    const path = bench.get('modelPath');
    const onnx = await readModel(path);
    bench.put('onnx', onnx);
    const external = await checkExternalData(onnx, path);
    bench.put('external', external);
    const nodes = `${onnx.nodeCount} ${onnx.nodeCount === 1 ? 'node' : 'nodes'}`;
    return { findings: [], detail: external.length === 0 ? nodes : `${nodes}, ${external.join(', ')}` };
  },
};
