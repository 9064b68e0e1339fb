import { type DoctorCheck, ok } from '../check.ts';

export const telemetry: DoctorCheck = {
  name: 'telemetry',
  run: async ({ env }) => {
    if (env.ORT_DISABLE_TELEMETRY === '1') return ok('the telemetry of the runtime is off');
    return {
      verdict: 'warning',
      finding: 'ORT_DISABLE_TELEMETRY is not 1 in this process; mdeploy sets it before it loads the runtime.',
      remedy:
        'Start mdeploy through its own launcher, or set ORT_DISABLE_TELEMETRY=1 where you start node yourself.',
    };
  },
};
