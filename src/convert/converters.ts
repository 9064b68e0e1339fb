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
