// Brings everything the tests need onto this machine: `node test/provision/provision.ts`.
import { ensureBaseImage } from './base-image.ts';
import { reasonOf } from './cannot-provision.ts';
import { ensureDocker } from './docker.ts';
import { ensureGoTool, h2spec } from './go.ts';
import { ensureLocale } from './locale.ts';
import { ensureNode, type NodeMajor } from './nodes.ts';
import { ensureVenv } from './python.ts';
import { startRegistry } from './registry.ts';

interface Provision {
  readonly name: string;
  /** Resolves with what to print: where it is. */
  readonly make: () => Promise<string>;
}

const majors: readonly NodeMajor[] = [22, 24, 26];

const provisions: readonly Provision[] = [
  { name: 'docker engine', make: describeDocker },
  { name: 'base image', make: () => makeBaseImage(false) },
  { name: 'base image with locale', make: () => makeBaseImage(true) },
  { name: 'registry', make: tryRegistry },
  { name: 'locale', make: ensureLocale },
  ...majors.map((major) => ({ name: `node ${major}`, make: () => ensureNode(major) })),
  { name: 'h2spec', make: () => ensureGoTool(h2spec) },
  { name: 'python environment', make: async () => (await ensureVenv('empty', [])).python },
];

async function provisionAll(): Promise<boolean> {
  let isComplete = true;
  for (const { name, make } of provisions) {
    const startMs = performance.now();
    const outcome = await make().catch((error: unknown) => {
      isComplete = false;
      return `FAILED: ${reasonOf(error)}`;
    });
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    process.stdout.write(`${name.padEnd(24)} ${seconds.padStart(6)} s  ${outcome}\n`);
  }
  return isComplete;
}

async function describeDocker(): Promise<string> {
  const engine = await ensureDocker();
  const origin = engine.startedByUs ? 'started' : 'was there';
  return `${engine.host} (pid ${engine.pid ?? 'unknown'}, ${origin})`;
}

async function makeBaseImage(locale: boolean): Promise<string> {
  const engine = await ensureDocker();
  return ensureBaseImage(engine.socketPath, { locale });
}

async function tryRegistry(): Promise<string> {
  const registry = await startRegistry({ auth: { user: 'ci', password: 'secret' }, tls: true });
  await registry.stop();
  return `answers with login and TLS (tried at ${registry.url})`;
}

process.exitCode = (await provisionAll()) ? 0 : 1;
