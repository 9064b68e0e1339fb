import { failure } from '../core/errors/error.ts';
import type { Converter } from './converter.ts';
import type { Detected } from './detect.ts';
import type { Format } from './format.ts';

/** Every family that has a converter. */
export const converters: readonly Converter[] = [
  {
    formats: ['sklearn', 'skops'],
    program: 'from_sklearn.py',
    environment: 'sklearn',
    framework: 'sklearn',
    isPickle: true,
  },
  {
    formats: ['xgboost', 'lightgbm', 'catboost'],
    program: 'from_boosted.py',
    environment: 'boosted',
    framework: 'boosted trees',
    isPickle: false,
  },
  {
    formats: ['torchscript', 'torch-export'],
    program: 'from_torch.py',
    environment: 'torch',
    framework: 'pytorch',
    isPickle: false,
  },
  {
    formats: ['torch-weights', 'torch-pickle'],
    program: 'from_torch.py',
    environment: 'torch',
    framework: 'pytorch',
    isPickle: true,
  },
  {
    formats: ['huggingface'],
    program: 'from_transformers.py',
    environment: 'torch',
    framework: 'pytorch',
    // Of pytorch_model.bin; safetensors hold nothing but numbers.
    isPickle: true,
  },
  {
    formats: ['saved-model', 'keras', 'keras-h5', 'tflite'],
    program: 'from_tensorflow.py',
    environment: 'tensorflow',
    framework: 'tensorflow',
    isPickle: false,
  },
  {
    formats: ['onnx'],
    program: 'from_onnx.py',
    environment: 'onnx',
    framework: 'onnx',
    isPickle: false,
  },
];

/**
 * The converter of what was found. Estimators of XGBoost and LightGBM need these packages to be unpickled.
 * @throws MdeployError `CONVERT_UNSUPPORTED`
 */
export function converterFor({ format, what, path, globals = [] }: Detected): Converter {
  const found = converters.find(({ formats }) => formats.includes(format as Format));
  if (found === undefined) throw failure('CONVERT_UNSUPPORTED', { file: path, what }, { at: { file: path } });
  const isBoosted = globals.some(({ module }) => /^(?:xgboost|lightgbm|catboost)\b/.test(module));
  return format === 'sklearn' && isBoosted ? { ...found, environment: 'boosted' } : found;
}
