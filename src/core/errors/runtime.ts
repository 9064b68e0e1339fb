import type { ErrorRow } from './row.ts';

/** Faults of the runtime itself and of starting the server. */
export const runtimeErrors = {
  RUNTIME_MISSING: {
    message: 'The ONNX runtime for {platform} cannot be loaded: {reason}.',
    remedy: 'Install mdeploy again on this machine, or build the package with --platform {platform}.',
    http: 500,
    grpc: 'INTERNAL',
    exit: 3,
  },
  ACCELERATOR_UNAVAILABLE: {
    message: 'runtime.accelerator is "require", and the shipped runtime has no accelerator for {platform}.',
    remedy: 'Set runtime.accelerator to "none" or "prefer"; mdeploy runs models on the CPU.',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 3,
  },
  WORKER_DIED: {
    message: 'The worker thread of model "{name}" ended: {reason}.',
    remedy: 'Restart the server; if it happens again, run `mdeploy validate` on the model.',
    http: 500,
    grpc: 'UNAVAILABLE',
    exit: 1,
  },
  PROCESS_DIED: {
    message: 'Process {number} of the server ended: {reason}.',
    remedy: 'Another is started in its place; if it happens again, run `mdeploy validate` on the models.',
    http: 500,
    grpc: 'UNAVAILABLE',
    exit: 1,
  },
  BATCHING_UNFIT: {
    message: 'Requests for model "{name}" cannot be run together: {reason}.',
    remedy:
      'Remove serving.batching from model.yaml, or export the model with a batch axis first in every tensor.',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 1,
  },
  WARMUP_FAILED: {
    message: 'Model "{name}" loaded, but its warm-up run failed: {reason}',
    remedy: 'Run `mdeploy validate`, or set serving.warmup to none if the model needs special inputs.',
    http: 500,
    grpc: 'INTERNAL',
    exit: 1,
  },
  MODEL_PATH_MISSING: {
    message: 'There is no model at {path}.',
    remedy: 'Give a .onnx file, a folder with model.yaml or one .onnx file, or a package.',
    http: 500,
    grpc: 'NOT_FOUND',
    exit: 2,
  },
  MODEL_FOLDER_AMBIGUOUS: {
    message: 'The folder {path} has no model.yaml and {count} .onnx files: {files}.',
    remedy: 'Name the file, or write a model.yaml with `mdeploy init {path}/FILE`.',
    http: 500,
    grpc: 'INVALID_ARGUMENT',
    exit: 2,
  },
  FILE_OUTSIDE: {
    message: '{field} points to {path}, which {reason}.',
    remedy: 'Copy the file into the model folder: a package takes only plain files from there.',
    http: 500,
    grpc: 'INVALID_ARGUMENT',
    exit: 2,
  },
  PORT_IN_USE: {
    message: 'Port {port} on {host} is already in use.',
    remedy: 'Stop what listens there, or choose another with --port.',
    http: 500,
    grpc: 'UNAVAILABLE',
    exit: 3,
  },
  ADDRESS_UNAVAILABLE: {
    message: 'Cannot listen on {host} port {port}: {reason}.',
    remedy: 'Choose an address of this machine with --host and a free port above 1023 with --port.',
    http: 500,
    grpc: 'UNAVAILABLE',
    exit: 3,
  },
  REPLAY_UNANSWERED: {
    message: 'The server at {url} did not answer a sample: {reason}.',
    remedy: 'Look into the log of the server.',
    http: 500,
    grpc: 'UNAVAILABLE',
    exit: 1,
  },
  REPLAY_FOREIGN: {
    message: 'The server answered a sample with {received}, which the model does not give.',
    remedy: 'Check that this server serves this model and version.',
    http: 500,
    grpc: 'INTERNAL',
    exit: 1,
  },
} as const satisfies Record<string, ErrorRow>;
