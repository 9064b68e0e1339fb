// Makes the Node 26 base image that tests build on, since no public image can be pulled.
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { layOutRoot, listSystemFiles } from './base-root.ts';
import { runCommand } from './command.ts';
import { callDocker } from './docker-api.ts';
import { compileLocale } from './locale.ts';
import { withLock } from './lock.ts';
import { ensureNode, isNodeOfMajor } from './nodes.ts';

const repository = 'mdeploy-test/node26-base';
const digestLabel = 'mdeploy.test.base-digest';
/** Raise when the layout in base-root.ts changes, so that kept images are made anew. */
const recipe = 1;
const settings = [
  'USER 10001:10001',
  'WORKDIR /app',
  'ENV PATH=/usr/local/bin:/usr/bin NODE_ENV=production SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt',
];

export interface BaseImageOptions {
  /** Adds en_US.UTF-8, without which onnxruntime refuses text models (StringNormalizer). */
  readonly locale?: boolean;
}

/** The image's tag in that engine: no shell, user 10001, no entry point. */
export async function ensureBaseImage(socketPath: string, options: BaseImageOptions = {}): Promise<string> {
  const hasLocale = options.locale ?? false;
  const node = await findNode26();
  const version = (await runCommand(node, ['--version'])).trim().slice(1);
  const tag = `${version}${hasLocale ? '-locale' : ''}`;
  const image = `${repository}:${tag}`;
  return withLock(`base-image-${tag}`, async () => {
    const digest = await digestSources(node, hasLocale);
    if ((await readDigest(socketPath, image)) === digest) return image;
    const folder = await mkdtemp(join(tmpdir(), 'mdeploy-base-'));
    try {
      const archive = await makeArchive(folder, node, hasLocale);
      await importArchive(socketPath, archive, tag, digest);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
    return image;
  });
}

export async function findNode26(): Promise<string> {
  const modules = resolve(import.meta.dirname, '../../node_modules');
  const platformPackage = `node-${process.platform}-${process.arch}`;
  const candidates = [
    join(modules, 'node/bin/node'),
    join(modules, platformPackage, 'bin/node'),
    process.execPath,
  ];
  for (const path of candidates) if (await isNodeOfMajor(path, 26)) return path;
  return ensureNode(26);
}

async function digestSources(node: string, hasLocale: boolean): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([recipe, settings, hasLocale]));
  for (const path of [node, ...(await listSystemFiles(node))])
    hash.update(path === node ? '' : path).update(await readFile(path));
  return hash.digest('hex');
}

async function readDigest(socketPath: string, image: string): Promise<string | undefined> {
  const reply = await callDocker(socketPath, `/images/${image}/json`);
  if (reply.status !== 200) return undefined;
  const found = JSON.parse(reply.body) as { Config?: { Labels?: Record<string, string> | null } };
  return found.Config?.Labels?.[digestLabel];
}

async function makeArchive(folder: string, node: string, hasLocale: boolean): Promise<string> {
  const root = join(folder, 'root');
  await layOutRoot(root, node);
  if (hasLocale) await compileLocale(join(root, 'usr/lib/locale'));
  const archive = join(folder, 'base.tar');
  const common = ['-C', root, '--sort=name', '--numeric-owner', '--mtime=@0', '--mode=a+rX', '-f', archive];
  // Owners are given to tar instead of to the files: changing them would need root.
  await runCommand('tar', [
    ...common,
    '--owner=0',
    '--group=0',
    '--exclude=./app',
    '--exclude=./home/app',
    '-c',
    '.',
  ]);
  await runCommand('tar', [...common, '--owner=10001', '--group=10001', '-r', './app', './home/app']);
  return archive;
}

async function importArchive(
  socketPath: string,
  archive: string,
  tag: string,
  digest: string,
): Promise<void> {
  const query = new URLSearchParams({ fromSrc: '-', repo: repository, tag, message: 'mdeploy test base' });
  for (const setting of [...settings, `LABEL ${digestLabel}=${digest}`]) query.append('changes', setting);
  const reply = await callDocker(socketPath, `/images/create?${query}`, {
    method: 'POST',
    bodyFile: archive,
  });
  // The status is sent before the work: a later failure is a line in the body.
  if (reply.status !== 200 || reply.body.includes('"error"')) {
    throw new Error(`the Docker engine could not import ${repository}:${tag}: ${reply.body.trim()}`);
  }
}
