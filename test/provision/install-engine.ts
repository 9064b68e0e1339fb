// Installs the Docker engine's programs, without starting them.
import { installPackages } from './apt.ts';
import { CannotProvision } from './cannot-provision.ts';
import { hasCommand } from './command.ts';

export async function installEngine(): Promise<void> {
  const purpose = 'a Docker engine';
  // iptables is only recommended by some versions of docker.io, and without it there is no container network.
  if (!(await hasCommand('dockerd')) || !(await hasCommand('iptables'))) {
    await installPackages(['docker.io', 'iptables'], purpose);
  }
  // From Debian 13 on the client is a package of its own.
  if (!(await hasCommand('docker'))) await installPackages(['docker-cli'], 'the docker command');
  if (process.getuid?.() !== 0) {
    throw new CannotProvision(
      `no Docker engine answers; start it ("sudo systemctl start docker") for ${purpose}.`,
    );
  }
}
