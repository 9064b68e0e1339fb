import { checkVersions } from '../../onnx/versions.ts';
import type { Check } from '../check.ts';
import { warning } from '../findings.ts';

export const versions: Check = {
  name: 'versions',
  summary: 'the shipped runtime reads this IR version and these operator sets',
  needs: ['graph'],
  run: async (bench) => {
    const onnx = bench.get('onnx');
    checkVersions(onnx);
    const remedy = 'Export the model with standard operators; the shipped runtime brings no others.';
    return {
      findings: onnx.customDomains.map((domain) =>
        warning(`The graph uses the operator domain "${domain}".`, remedy),
      ),
      detail: `IR ${onnx.irVersion}, ${onnx.opsets.map(({ domain, version }) => `${domain} ${version}`).join(', ')}`,
    };
  },
};
