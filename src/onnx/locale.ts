import type { OnnxModel } from './model.ts';

/**
 * True for text models: onnxruntime refuses to load a StringNormalizer unless the machine has the locale it names
 * (`en_US.UTF-8` unless the model says otherwise), which slim images lack.
 */
export function needsLocale(model: OnnxModel): boolean {
  return model.locales.some((locale) => locale !== 'C' && locale !== 'POSIX');
}
