import type { ErrorRow } from './row.ts';

/** Faults of preprocess and postprocess, found when a model is loaded. */
export const pipelineErrors = {
  TRANSFORM_UNKNOWN: {
    message: 'There is no transform named "{name}".',
    remedy: '{hint}There are: {names}.',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 2,
  },
  TRANSFORM_OPTIONS: {
    message: 'Transform {name} cannot take these options: {reason}.',
    remedy: 'Write {example}.',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 2,
  },
  TRANSFORM_MISFIT: {
    message: 'Transform {name} does not fit here: {reason}.',
    remedy: '{fix}.',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 2,
  },
  TRANSFORM_LIBRARY: {
    message: 'Transform {name} needs the library {library}, which cannot be loaded: {reason}',
    remedy: 'Install it (`npm install {library}`), or package the model on a machine that has it.',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 3,
  },
} as const satisfies Record<string, ErrorRow>;
