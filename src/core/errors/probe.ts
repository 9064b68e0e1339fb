import type { ErrorRow } from './row.ts';

/** What the throw-away process found out about a model, and what is wrong with its sample documents. */
export const probeErrors = {
  MODEL_REFUSED: {
    message: 'The runtime refuses model "{name}": {reason}',
    remedy: '{fix}',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 1,
  },
  MODEL_CRASHES: {
    message: 'Model "{name}" crashes the runtime while {stage} ({signal}).',
    remedy: 'Do not serve this file. Export it again from its framework, without nested functions.',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 1,
  },
  MODEL_TOO_MUCH_MEMORY: {
    message: 'Model "{name}" needs more memory than {cap} while {stage}; it was stopped at {peak}.',
    remedy: 'If the model is trusted and needs that much, raise runtime.probe.max_memory in model.yaml.',
    http: 500,
    grpc: 'RESOURCE_EXHAUSTED',
    exit: 1,
  },
  MODEL_TOO_SLOW: {
    message: 'Model "{name}" was still {stage} after {limit} ms and was stopped.',
    remedy: 'If the model is trusted and needs that long, raise runtime.probe.timeout_ms in model.yaml.',
    http: 500,
    grpc: 'DEADLINE_EXCEEDED',
    exit: 1,
  },
  PROBE_FAILED: {
    message: 'The process that tries models out ended without an answer: {reason}.',
    remedy: 'Run `mdeploy doctor`: it checks the runtime, memory and temporary folder of this machine.',
    http: 500,
    grpc: 'INTERNAL',
    exit: 3,
  },
  LOCALE_MISSING: {
    message: 'The text operators of the model need the locale {locale}, which this machine does not have.',
    remedy: 'Install it (Debian: apt-get install locales; localedef -i en_US -f UTF-8 en_US.UTF-8).',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 3,
  },
  IMAGE_LIMIT_HOPELESS: {
    message: 'image.max_size is {limit}, but model ({model}), runtime and Node alone take {least}.',
    remedy: 'Raise image.max_size, or make the model smaller.',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 2,
  },
  SAMPLE_DIFFERS: {
    message: 'Output "{name}" is not what {file} promises: {reason}.',
    remedy:
      'If the model is right, write the sample anew; if it is nearly right, raise the tolerance of the sample.',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 1,
  },
  SAMPLE_REFUSED: {
    message: 'The model cannot be run with the sample {file}: {reason}',
    remedy: 'Give the sample inputs that the model accepts.',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 1,
  },
  SAMPLE_MALFORMED: {
    message: 'Sample {file} is not a JSON document of tensors: {reason}.',
    remedy:
      'Give each tensor by name: its datatype, shape and data, or only a nested list (docs/validate.md).',
    http: 500,
    grpc: 'INVALID_ARGUMENT',
    exit: 2,
  },
  SAMPLE_MISFIT: {
    message: 'Sample {file}, {field}: expected {expected}, received {received}.',
    remedy: 'Change the sample to what the model takes and gives (`mdeploy inspect` shows it).',
    http: 500,
    grpc: 'INVALID_ARGUMENT',
    exit: 2,
  },
} as const satisfies Record<string, ErrorRow>;
