import { type DoctorCheck, ok } from '../check.ts';

// The `engines` of package.json: the first Node that runs TypeScript sources without a flag.
const oldest = [22, 18] as const;

export const node: DoctorCheck = {
  name: 'node',
  run: async ({ nodeVersion }) => {
    const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
    if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return ok(`Node ${nodeVersion}`);
    return {
      verdict: 'error',
      finding: `Node ${nodeVersion} is too old; ${oldest.join('.')} is needed.`,
      remedy: 'Install Node 26 or another supported release from https://nodejs.org.',
    };
  },
};
