import type { ErrorRow } from './row.ts';

export const probeErrors = {
  MODEL_REFUSED: {
    message: 'The runtime refuses model "{name}": {reason}',
    remedy: '{fix}',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 1,
  },
} as const satisfies Record<string, ErrorRow>;
