import { randomBytes } from 'node:crypto';
import type Docker from 'dockerode';
import { engineFault } from '../../core/docker/faults.ts';
import { failure } from '../../core/errors/error.ts';
import { onInterrupt } from '../../core/interrupt.ts';
import type { ImageFacts, Trial } from '../builder.ts';

/**
 * Runs a container as the strictest production would: nothing writable, no capabilities, no way out to any network
 * but the answers on one published loopback port. It is removed by `remove`, also when the user interrupts.
 */
export async function startTrial(docker: Docker, image: ImageFacts, memoryBytes: number): Promise<Trial> {
  const port = image.config.ports[0];
  if (port === undefined) {
    const fix = 'Write `EXPOSE 8501`, the port of the server, into the Dockerfile of your template.';
    throw failure('IMAGE_NOT_HARDENED', { problem: 'it exposes no port to try it on', fix });
  }
  const made: (() => Promise<unknown>)[] = [];
  const removeAll = async () => {
    for (const undo of made.splice(0).reverse()) await undo().catch(unlessGone);
  };
  const release = onInterrupt(removeAll);
  const remove = async () => {
    await removeAll();
    release();
  };
  try {
    const name = `mdeploy-smoke-${randomBytes(6).toString('hex')}`;
    // Without masquerading the container has no way out, yet its port can be published; "internal" networks cannot.
    const network = await docker.createNetwork({
      Name: name,
      Driver: 'bridge',
      Labels: { 'io.mdeploy.smoke': 'true' },
      Options: { 'com.docker.network.bridge.enable_ip_masquerade': 'false' },
    });
    made.push(() => network.remove());
    const container = await docker.createContainer(containerOptions(image, name, port, memoryBytes));
    made.push(() => container.remove({ force: true, v: true }));
    await container.start();
    return { ...(await watch(container, port)), remove };
  } catch (error) {
    await remove();
    throw engineFault(error, 'starting the container');
  }
}

function containerOptions(
  image: ImageFacts,
  name: string,
  port: number,
  memoryBytes: number,
): Docker.ContainerCreateOptions {
  return {
    name,
    Image: image.id,
    Labels: { 'io.mdeploy.smoke': 'true' },
    ExposedPorts: { [`${port}/tcp`]: {} },
    HostConfig: {
      NetworkMode: name,
      PortBindings: { [`${port}/tcp`]: [{ HostIp: '127.0.0.1', HostPort: '' }] },
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      Memory: memoryBytes,
      MemorySwap: memoryBytes,
      PidsLimit: 512,
      // Some engines log elsewhere by default, and then there is no log to show.
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m' } },
    },
  };
}

async function watch(container: Docker.Container, port: number): Promise<Omit<Trial, 'remove'>> {
  const { NetworkSettings } = await container.inspect();
  const published = NetworkSettings.Ports[`${port}/tcp`]?.[0]?.HostPort;
  return {
    url: `http://127.0.0.1:${published ?? port}`,
    ended: async () => {
      const { State } = await container.inspect();
      return State.Running ? undefined : { code: State.ExitCode, outOfMemory: State.OOMKilled };
    },
    logs: async () => {
      const answer = await container.logs({ stdout: true, stderr: true, tail: 200 });
      return plainLogs(answer as unknown as Buffer);
    },
  };
}

/** Takes the 8-byte frame headers off (Engine API, "ContainerAttach", stream format). */
export function plainLogs(bytes: Buffer): string {
  const parts: Buffer[] = [];
  let at = 0;
  while (at + 8 <= bytes.length) {
    const length = bytes.readUInt32BE(at + 4);
    parts.push(bytes.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(parts).toString('utf8');
}

// 404: gone. 409: its removal is already under way.
function unlessGone(error: { statusCode?: number }): void {
  if (error.statusCode !== 404 && error.statusCode !== 409) throw error;
}
