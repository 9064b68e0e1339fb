import { failure } from '../../core/errors/error.ts';
import type { Check } from '../check.ts';
import { note } from '../findings.ts';

export const accelerator: Check = {
  name: 'accelerator',
  summary: 'the shipped runtime has the accelerator that the manifest asks for',
  needs: ['manifest'],
  skip: (bench) => (bench.get('draft').runtime.accelerator === 'none' ? 'none asked for' : undefined),
  run: async (bench) => {
    if (bench.get('draft').runtime.accelerator === 'prefer') {
      return { findings: [note('The shipped runtime has no accelerator: the model will run on the CPU.')] };
    }
    const platform = `${process.platform}/${process.arch}`;
    const at = { at: { path: 'runtime.accelerator' }, expected: 'none or prefer', received: 'require' };
    throw failure('ACCELERATOR_UNAVAILABLE', { platform }, at);
  },
};
