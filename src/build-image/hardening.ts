import { failure } from '../core/errors/error.ts';
import type { ImageConfig } from './builder.ts';

/**
 * Looks at the finished image, since a user's own template may have changed anything.
 * @returns warnings: what is unwise but works
 * @throws MdeployError `IMAGE_NOT_HARDENED` for what must not run in production
 */
export function checkHardening(config: ImageConfig): string[] {
  const [user = ''] = config.user.split(':');
  if (!/^\d+$/.test(user)) {
    const problem = user === '' ? 'it runs as root' : `its user "${user}" is not a number`;
    // Kubernetes' runAsNonRoot cannot be proved for a name: the kubelet refuses such an image.
    throw unsafe(problem, 'Write `USER 10001:10001`, with numbers, into the Dockerfile of your template.');
  }
  if (Number(user) === 0) throw unsafe('it runs as root', 'Write `USER 10001:10001` into the Dockerfile.');
  const start = config.entrypoint.length > 0 ? config.entrypoint : config.command;
  if (start.length === 0)
    throw unsafe('it has nothing to start', 'Write `ENTRYPOINT ["node", "server.mjs"]`.');
  if (isShell(start)) {
    const fix = 'Write ENTRYPOINT as a list: `ENTRYPOINT ["node", "server.mjs"]`.';
    throw unsafe('a shell starts it, which keeps the stop signal from the server', fix);
  }
  return healthWarnings(config.healthcheck);
}

function healthWarnings([kind, ...command]: readonly string[]): string[] {
  if (kind === undefined || kind === 'NONE')
    return ['The image has no HEALTHCHECK: Docker and Swarm will not notice a server that hangs.'];
  const byShell = kind === 'CMD-SHELL' || isShell(command);
  return byShell
    ? ['The HEALTHCHECK needs a shell: in a base image without one the container never becomes healthy.']
    : [];
}

function isShell([program = '', flag = '']: readonly string[]): boolean {
  return /(^|\/)(ba|da|a|z|k)?sh$/.test(program) && flag === '-c';
}

function unsafe(problem: string, fix: string) {
  return failure('IMAGE_NOT_HARDENED', { problem, fix });
}
