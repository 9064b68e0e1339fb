/** What a model file or folder is, told by its content. */
export const formats = [
  'onnx',
  'torchscript',
  'torch-export',
  'torch-weights',
  'torch-pickle',
  'keras',
  'keras-h5',
  'saved-model',
  'tflite',
  'sklearn',
  'skops',
  'xgboost',
  'lightgbm',
  'catboost',
  'huggingface',
] as const;

export type Format = (typeof formats)[number];

interface FormatFacts {
  /** In words, with an article. */
  readonly what: string;
  /** Endings that files of this format carry; a folder has none. */
  readonly endings: readonly string[];
}

export const formatFacts: Readonly<Record<Format, FormatFacts>> = {
  onnx: { what: 'an ONNX model', endings: ['.onnx'] },
  torchscript: { what: 'a TorchScript archive', endings: ['.pt', '.pth', '.jit', '.ts', '.torchscript'] },
  'torch-export': { what: 'a PyTorch ExportedProgram', endings: ['.pt2', '.pt'] },
  'torch-weights': {
    what: 'PyTorch weights without a model',
    endings: ['.pt', '.pth', '.bin', '.ckpt', '.ptc', '.safetensors'],
  },
  'torch-pickle': { what: 'a pickled PyTorch module', endings: ['.pt', '.pth', '.bin', '.ckpt', '.pkl'] },
  keras: { what: 'a Keras 3 archive', endings: ['.keras'] },
  'keras-h5': { what: 'a Keras HDF5 file', endings: ['.h5', '.hdf5', '.keras'] },
  'saved-model': { what: 'a TensorFlow SavedModel', endings: ['.pb'] },
  tflite: { what: 'a TensorFlow Lite model', endings: ['.tflite', '.lite'] },
  sklearn: {
    what: 'a pickled scikit-learn model',
    endings: ['.pkl', '.pickle', '.joblib', '.sav', '.gz', '.z'],
  },
  skops: { what: 'a skops archive', endings: ['.skops'] },
  xgboost: { what: 'an XGBoost model', endings: ['.json', '.ubj', '.ubjson', '.model', '.bst'] },
  lightgbm: { what: 'a LightGBM text model', endings: ['.txt', '.lgb', '.lgbm', '.model'] },
  catboost: { what: 'a CatBoost model', endings: ['.cbm'] },
  huggingface: { what: 'a Hugging Face model folder', endings: [] },
};
