import type { ErrorRow } from './row.ts';

const refused = { http: 500, grpc: 'FAILED_PRECONDITION', exit: 1 } as const;
const wrongUsage = { http: 500, grpc: 'INVALID_ARGUMENT', exit: 2 } as const;

/** Faults of `optimize`. None is shown to clients. */
export const optimizeErrors = {
  OPTIMIZE_DATA: {
    message: '{file} cannot be used: {reason}.',
    remedy: 'Give a .npz with one array for each input of the model, its rows along the first axis.',
    ...wrongUsage,
  },
  OPTIMIZE_NO_INPUTS: {
    message: 'No inputs were found that "{name}" can be run with: {reason}',
    remedy: 'Add samples to model.yaml, or give real inputs with --data inputs.npz.',
    ...wrongUsage,
  },
  OPTIMIZE_MAKER_FAILED: {
    message: 'The program that makes variants of {file} failed: {reason}',
    remedy: '--verbose shows its whole output; --recipes folded,fused makes variants without Python.',
    ...refused,
  },
} as const satisfies Record<string, ErrorRow>;
