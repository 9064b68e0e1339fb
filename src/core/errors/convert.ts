import type { ErrorRow } from './row.ts';

const refused = { http: 500, grpc: 'FAILED_PRECONDITION', exit: 1 } as const;
const wrongUsage = { http: 500, grpc: 'INVALID_ARGUMENT', exit: 2 } as const;

/** Faults of `convert`. None is shown to clients. */
export const convertErrors = {
  CONVERT_FORMAT_UNKNOWN: {
    message: 'Cannot tell what {file} is: {reason}.',
    remedy:
      'Known are PyTorch, Keras, SavedModel, TFLite, scikit-learn, skops, XGBoost, LightGBM, CatBoost, MLflow and ONNX; see docs/convert.md.',
    ...wrongUsage,
  },
  CONVERT_DAMAGED: {
    message: '{file} is damaged: {reason}.',
    remedy: 'Save, copy or download the model again and compare the sizes.',
    ...refused,
  },
} as const satisfies Record<string, ErrorRow>;
