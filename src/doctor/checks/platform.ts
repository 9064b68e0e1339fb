import { type DoctorCheck, ok } from '../check.ts';

// What onnxruntime-node 1.30 brings binaries for.
const supported: ReadonlySet<string> = new Set([
  'linux/x64',
  'linux/arm64',
  'darwin/arm64',
  'win32/x64',
  'win32/arm64',
]);

export const platform: DoctorCheck = {
  name: 'platform',
  run: async ({ platform, arch }) => {
    const name = `${platform}/${arch}`;
    if (!supported.has(name)) {
      return {
        verdict: 'error',
        finding: `The shipped runtime has no binaries for ${name}.`,
        remedy: `Use one of: ${[...supported].join(', ')}.`,
      };
    }
    if (platform === 'linux' && isMusl()) {
      return {
        verdict: 'error',
        finding: 'This Linux has musl as its C library; the shipped runtime needs glibc.',
        remedy: 'Use a distribution with glibc: Debian, Ubuntu, Fedora, or the images that mdeploy builds.',
      };
    }
    return ok(name);
  },
};

// A Node built for musl reports no glibc version.
function isMusl(): boolean {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime === undefined;
}
