import { connect } from '../../core/docker.ts';
import { type DoctorCheck, ok } from '../check.ts';

export const docker: DoctorCheck = {
  name: 'docker',
  // Only build-image and push need an engine.
  optional: true,
  run: async ({ env }) => {
    const { version, platform } = await connect(env);
    return ok(`engine ${version} for ${platform}`);
  },
};
