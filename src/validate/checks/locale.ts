import { failure } from '../../core/errors/error.ts';
import { needsLocale } from '../../onnx/locale.ts';
import { hasLocale } from '../../runtime/locale.ts';
import type { Check } from '../check.ts';
import { findingsOf, note } from '../findings.ts';

export const locale: Check = {
  name: 'locale',
  summary: 'this machine has the locale that the text operators need',
  needs: ['versions'],
  skip: (bench) => (needsLocale(bench.get('onnx')) ? undefined : 'no text operators'),
  run: async (bench) => {
    const { locales } = bench.get('onnx');
    const missing: string[] = [];
    for (const name of locales) if (!(await hasLocale(name, bench.signal))) missing.push(full(name));
    if (missing.length > 0) {
      return { findings: missing.flatMap((name) => findingsOf(failure('LOCALE_MISSING', { locale: name }))) };
    }
    return {
      findings: [note('Images that mdeploy builds bring this locale; any other machine must have it.')],
      detail: locales.map(full).join(', '),
    };
  },
};

// What onnxruntime takes on Linux where a node names none.
function full(name: string): string {
  return name === 'en_US' ? 'en_US.UTF-8' : name;
}
