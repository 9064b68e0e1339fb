import type { ErrorRow } from './row.ts';

const lacking = { http: 500, grpc: 'FAILED_PRECONDITION', exit: 3 } as const;

/** Faults of the Python that `convert` and `optimize` borrow. None is shown to clients. */
export const pythonErrors = {
  PYTHON_MISSING: {
    message: 'No Python to work with: {reason}.',
    remedy:
      'Install Python {low} to {high} with venv (Debian: `apt-get install python3 python3-venv`), or name one with --python.',
    ...lacking,
  },
  PYTHON_ENVIRONMENT: {
    message: 'The Python environment "{name}" could not be made: {reason}.',
    remedy:
      'Check network, proxy (HTTPS_PROXY) and free space; --index-url names another index, --wheels a folder of wheels, MDEPLOY_CACHE another folder.',
    ...lacking,
  },
} as const satisfies Record<string, ErrorRow>;
