import type { ErrorRow } from './row.ts';

export const cliErrors = {
  INTERNAL: {
    message: 'Something went wrong inside mdeploy: {reason}',
    remedy: 'Run again with --verbose and report it with the output.',
    http: 500,
    grpc: 'INTERNAL',
    exit: 1,
  },
  USAGE: {
    message: '{problem}',
    remedy: 'See `mdeploy {verb} --help`.',
    http: 500,
    grpc: 'INVALID_ARGUMENT',
    exit: 2,
  },
  VERB_UNKNOWN: {
    message: 'mdeploy has no verb "{verb}".',
    remedy: '{hint}See `mdeploy --help` for all of them.',
    http: 500,
    grpc: 'INVALID_ARGUMENT',
    exit: 2,
  },
  VERB_MISSING: {
    message: 'No verb given.',
    remedy: 'See `mdeploy --help`; to serve a model file: `mdeploy serve model.onnx`.',
    http: 500,
    grpc: 'INVALID_ARGUMENT',
    exit: 2,
  },
  INTERRUPTED: {
    message: 'Interrupted.',
    remedy: 'Nothing was half-written; run the command again.',
    http: 500,
    grpc: 'CANCELLED',
    exit: 130,
  },
  FILE_UNREADABLE: {
    message: 'Cannot read {file}: {reason}.',
    remedy: 'Check that the path exists and that this user may read it.',
    http: 500,
    grpc: 'INTERNAL',
    exit: 2,
  },
  FILE_UNWRITABLE: {
    message: 'Cannot write {file}: {reason}.',
    remedy: 'Check free space and permissions of the folder; what was there before is untouched.',
    http: 500,
    grpc: 'INTERNAL',
    exit: 3,
  },
} as const satisfies Record<string, ErrorRow>;
