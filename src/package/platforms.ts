import { failure } from '../core/errors/error.ts';

/** A target as images name it, and as Node and its native libraries name it. */
export interface Platform {
  readonly name: string;
  readonly os: 'linux' | 'darwin' | 'win32';
  readonly arch: 'x64' | 'arm64';
}

/** What the shipped runtime has libraries for. Images are made for the linux ones; a package also runs without one. */
export const platforms: readonly Platform[] = [
  { name: 'linux/amd64', os: 'linux', arch: 'x64' },
  { name: 'linux/arm64', os: 'linux', arch: 'arm64' },
  { name: 'darwin/arm64', os: 'darwin', arch: 'arm64' },
  { name: 'windows/amd64', os: 'win32', arch: 'x64' },
  { name: 'windows/arm64', os: 'win32', arch: 'arm64' },
];

/** @throws MdeployError `PACKAGE_PLATFORM` */
export function platformsNamed(names: readonly string[]): Platform[] {
  const known = platforms.map((platform) => platform.name).join(', ');
  const wanted = [...new Set(names)].sort();
  if (wanted.length === 0) throw failure('PACKAGE_PLATFORM', { platform: '', platforms: known });
  return wanted.map((name) => {
    const found = platforms.find((platform) => platform.name === name);
    if (!found) throw failure('PACKAGE_PLATFORM', { platform: name, platforms: known }, { received: name });
    return found;
  });
}
