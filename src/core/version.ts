import { readFileSync } from 'node:fs';

declare const MDEPLOY_VERSION: string | undefined;

/** mdeploy's own version: put in by the build, read from package.json when run from source. */
export const version: string = typeof MDEPLOY_VERSION === 'undefined' ? fromPackage() : MDEPLOY_VERSION;

function fromPackage(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
