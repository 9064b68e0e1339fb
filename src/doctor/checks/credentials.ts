import { readDockerConfig } from '../../core/docker/config.ts';
import { type DoctorCheck, ok } from '../check.ts';

export const credentials: DoctorCheck = {
  name: 'credentials',
  // Only push needs them, and registries may take anonymous pushes.
  optional: true,
  run: async ({ env }) => {
    const { auths, credHelpers, credsStore, file } = await readDockerConfig(env);
    const registries = new Set([...auths.keys(), ...credHelpers.keys()]);
    const store = credsStore === undefined ? '' : `, credential store ${credsStore}`;
    if (registries.size === 0 && store === '') return ok(`no registry logins in ${file}`);
    return ok(`${registries.size} registry ${registries.size === 1 ? 'login' : 'logins'} in ${file}${store}`);
  },
};
