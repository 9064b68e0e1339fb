import { failure, type MdeployError } from '../../core/errors/error.ts';
import { classify } from '../classify.ts';
import type { Target } from '../publisher.ts';

/** The engine's line about a registry → the error a person can act on. */
export function registryFault(
  text: string,
  { registry, repository }: Target,
  credentialSource: string | undefined,
  attempts: number,
): MdeployError {
  const { fault, reason } = classify(text);
  switch (fault) {
    case 'unauthorized':
      return failure('REGISTRY_UNAUTHORIZED', {
        registry,
        credentials:
          credentialSource === undefined
            ? 'a push without a login, and none is known'
            : `the credentials from ${credentialSource}`,
      });
    case 'denied':
      return failure('REGISTRY_DENIED', { registry, repository, reason });
    case 'unavailable':
      return failure('REGISTRY_UNAVAILABLE', { registry, attempts, reason });
    case 'tls':
      return failure('REGISTRY_TLS', { registry, reason });
    case 'interrupted':
      return failure('REGISTRY_INTERRUPTED', { registry, attempts, reason });
    case 'unreachable':
      return failure('REGISTRY_UNREACHABLE', { registry, reason });
    case 'refused':
      return failure('REGISTRY_REFUSED', { registry, reason });
  }
}
