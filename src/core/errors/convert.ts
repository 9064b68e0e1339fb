import type { ErrorRow } from './row.ts';

const refused = { http: 500, grpc: 'FAILED_PRECONDITION', exit: 1 } as const;
const wrongUsage = { http: 500, grpc: 'INVALID_ARGUMENT', exit: 2 } as const;

/** Faults of `convert` and of what it leaves. None is shown to clients. */
export const convertErrors = {
  CONVERT_FORMAT_UNKNOWN: {
    message: 'Cannot tell what {file} is: {reason}.',
    remedy:
      'Known are PyTorch, Hugging Face, Keras, SavedModel, TFLite, scikit-learn, skops, XGBoost, LightGBM, CatBoost, MLflow and ONNX; see docs/convert.md.',
    ...wrongUsage,
  },
  CONVERT_DAMAGED: {
    message: '{file} is damaged: {reason}.',
    remedy: 'Save, copy or download the model again and compare the sizes.',
    ...refused,
  },
  CONVERT_UNSUPPORTED: {
    message: '{file} is {what}, for which this version of mdeploy has no converter.',
    remedy: 'Export it to ONNX in its framework, then convert or serve the .onnx file.',
    ...wrongUsage,
  },
  CONVERT_UNSAFE: {
    message: '{file} would run code when it is loaded: it imports {findings}.',
    remedy: 'Only if you made the file, or trust who did: --trust. Nothing of it was run.',
    ...refused,
  },
  CONVERT_ASKED: {
    message: '{file} does not say everything: {what}.',
    remedy: 'Add to the command: {flag}',
    ...wrongUsage,
  },
  CONVERT_REFUSED: {
    message: '{file} cannot be converted: {reason}.',
    remedy: 'See docs/convert.md for what each converter takes; --verbose shows the whole output.',
    ...refused,
  },
  CONVERT_FAILED: {
    message: 'The converter of {file} failed: {reason}',
    remedy:
      '--verbose shows its whole output; an operator that has no ONNX form must be replaced in the model.',
    ...refused,
  },
  CONVERT_LIMIT: {
    message: 'Converting {file} was ended: it went beyond {limit}.',
    remedy: 'Allow more with {flag}, if this machine has it.',
    ...refused,
  },
  CONVERSION_UNREADABLE: {
    message: '{file} cannot be read as the record of a conversion: {reason}.',
    remedy: 'Convert the model again; remove the file if mdeploy did not write it.',
    ...refused,
  },
  CONVERSION_STALE: {
    message:
      '{model} is not the model whose answers {file} proves: it was changed or replaced after the conversion.',
    remedy:
      'Convert again, or put the converted model back; if the change is wanted, remove the record, which proves nothing now.',
    ...refused,
  },
} as const satisfies Record<string, ErrorRow>;
