import { hasLocale } from '../../runtime/locale.ts';
import { type DoctorCheck, ok } from '../check.ts';

export const locale: DoctorCheck = {
  name: 'locale',
  optional: true,
  run: async ({ signal }) => {
    if (await hasLocale('en_US.UTF-8', { signal })) return ok('en_US.UTF-8 is there for text models');
    return {
      verdict: 'warning',
      finding:
        'The locale en_US.UTF-8 is missing: text models will not load here (packages and images bring it).',
      remedy: 'Install it (Debian: apt-get install locales; localedef -i en_US -f UTF-8 en_US.UTF-8).',
    };
  },
};
