import { failure } from '../core/errors/error.ts';

/**
 * The platform to build: what was asked for, else the engine's own, else the only one in the package.
 * @throws MdeployError `BUILD_PLATFORM`
 */
export function choosePlatform(
  asked: string | undefined,
  packaged: readonly string[],
  engine: string,
  smoke: boolean,
): string {
  const held = packaged.join(', ');
  const platform = asked ?? (packaged.includes(engine) || packaged.length !== 1 ? engine : packaged[0]!);
  if (!packaged.includes(platform)) {
    const reason = `the package holds the runtime for ${held || 'no platform'} only`;
    const fix = `Make the package with \`mdeploy package --platform ${platform}\`, or choose one of: ${held}.`;
    throw failure('BUILD_PLATFORM', { platform, reason, fix }, { expected: held, received: platform });
  }
  if (smoke && platform !== engine) {
    const reason = `the engine runs ${engine}, so --smoke cannot start it`;
    throw failure('BUILD_PLATFORM', {
      platform,
      reason,
      fix: 'Leave --smoke out, or build on such a machine.',
    });
  }
  return platform;
}

/** After the build: the base image decides the platform, whatever was asked for. */
export function assertPlatform(asked: string, built: string, base: string): void {
  if (asked !== built) throw otherPlatform(asked, built, base);
}

export function otherPlatform(asked: string, built: string, base: string) {
  const reason = `the base image ${base} is for ${built}`;
  const fix = `Name a base image for ${asked} with --base, or pull that one: \`docker pull --platform ${asked} ${base}\`.`;
  return failure('BUILD_PLATFORM', { platform: asked, reason, fix }, { expected: asked, received: built });
}
