import { version } from '../core/version.ts';
import type { PackageLock } from '../repository/lock.ts';

/**
 * The image's labels: OCI annotations (image-spec, "Pre-Defined Annotation Keys") and `io.mdeploy.*`. Those of the
 * manifest win. There is no time of creation without SOURCE_DATE_EPOCH, so that equal packages give equal labels.
 */
export function imageLabels(
  lock: PackageLock,
  description: string,
  own: Readonly<Record<string, string>>,
  sourceDateEpoch: string | undefined,
): Record<string, string> {
  const created = creationTime(sourceDateEpoch);
  return {
    'org.opencontainers.image.title': lock.name,
    'org.opencontainers.image.version': lock.version,
    'org.opencontainers.image.base.name': lock.base,
    ...(description !== '' && { 'org.opencontainers.image.description': description }),
    ...(created !== undefined && { 'org.opencontainers.image.created': created }),
    'io.mdeploy.version': version,
    'io.mdeploy.model.name': lock.name,
    'io.mdeploy.model.version': lock.version,
    'io.mdeploy.runtime': `${lock.runtime.name} ${lock.runtime.version}`,
    ...own,
  };
}

/** RFC 3339 of a SOURCE_DATE_EPOCH (reproducible-builds.org); undefined when it is not whole seconds. */
function creationTime(seconds: string | undefined): string | undefined {
  if (seconds === undefined || !/^\d{1,11}$/.test(seconds)) return undefined;
  return new Date(Number(seconds) * 1000).toISOString().replace('.000Z', 'Z');
}
