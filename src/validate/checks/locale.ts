import { failure } from '../../core/errors/error.ts';
import { fullLocale, needsLocale } from '../../onnx/locale.ts';
import { readLock } from '../../repository/lock.ts';
import { packagedLocales } from '../../repository/packaged-locales.ts';
import { hasLocale } from '../../runtime/locale.ts';
import type { Check } from '../check.ts';
import { findingsOf, note } from '../findings.ts';
import type { Workbench } from '../workbench.ts';

export const locale: Check = {
  name: 'locale',
  summary: 'this machine has, or the package brings, the locale that the text operators need',
  needs: ['lock', 'versions'],
  skip: (bench) => (needsLocale(bench.get('onnx')) ? undefined : 'no text operators'),
  run: async (bench) => {
    const { locales } = bench.get('onnx');
    const missing: string[] = [];
    const localePath = await broughtBy(bench);
    if (localePath !== undefined) bench.put('localePath', localePath);
    const where = { localePath, signal: bench.signal };
    for (const name of locales) if (!(await hasLocale(name, where))) missing.push(fullLocale(name));
    if (missing.length > 0) {
      return { findings: missing.flatMap((name) => findingsOf(failure('LOCALE_MISSING', { locale: name }))) };
    }
    return {
      findings: [note(localePath === undefined ? bringsLater : brings)],
      detail: locales.map(fullLocale).join(', '),
    };
  },
};

const brings = 'The package brings this locale: it runs on Linux machines and images without it, too.';
const bringsLater =
  'Packages and images that mdeploy makes for Linux bring this locale; any other machine must have it.';

async function broughtBy({ place }: Workbench): Promise<string | undefined> {
  if (place.kind !== 'package') return undefined;
  return packagedLocales(place.packageRoot, await readLock(place.packageRoot));
}
