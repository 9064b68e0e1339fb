import type { OnnxModel } from './model.ts';

/**
 * True for text models: onnxruntime refuses to load a StringNormalizer unless the machine has the locale it names
 * (`en_US.UTF-8` unless the model says otherwise), which slim images lack.
 */
export function needsLocale(model: Pick<OnnxModel, 'locales'>): boolean {
  return localesOf(model).length > 0;
}

/** The locales that a Linux machine must have for a model, by their full names; C and POSIX are always there. */
export function localesOf({ locales }: Pick<OnnxModel, 'locales'>): string[] {
  const wanted = locales.filter((locale) => locale !== 'C' && locale !== 'POSIX');
  return [...new Set(wanted.map(fullLocale))].sort();
}

/** What onnxruntime takes on Linux where a node names none. */
export function fullLocale(name: string): string {
  return name === 'en_US' ? 'en_US.UTF-8' : name;
}
