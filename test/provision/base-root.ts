// Lays out the file tree of the base image: node, the shared libraries it loads, and the few files libc reads.
import { chmod, copyFile, mkdir, realpath, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { installPackages } from './apt.ts';
import { CannotProvision } from './cannot-provision.ts';
import { hasCommand, isReadable, runCommand } from './command.ts';

const certificates = '/etc/ssl/certs/ca-certificates.crt';
const timeZone = '/usr/share/zoneinfo/UTC';
/** libc opens these by name when it looks up hosts; node's own list does not show them. librt is for onnxruntime. */
const openedByLibc = ['librt.so.1', 'libnss_files.so.2', 'libnss_dns.so.2', 'libresolv.so.2'];
const folders = [
  'usr/local/bin',
  'usr/bin',
  'usr/lib/locale',
  'tmp',
  'var/tmp',
  'home/app',
  'app',
  'proc',
  'sys',
  'dev',
  'run',
];
const textFiles: Readonly<Record<string, string>> = {
  'etc/passwd': [
    'root:x:0:0:root:/root:/sbin/nologin',
    'nobody:x:65534:65534:nobody:/:/sbin/nologin',
    'app:x:10001:10001:app:/home/app:/sbin/nologin\n',
  ].join('\n'),
  'etc/group': 'root:x:0:\nnogroup:x:65534:\napp:x:10001:\n',
  'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
  'etc/os-release':
    'ID=mdeploy-base\nNAME="mdeploy test base"\nPRETTY_NAME="mdeploy test base"\nVERSION_ID=26\n',
};

export async function layOutRoot(root: string, node: string): Promise<void> {
  for (const folder of folders) await mkdir(join(root, folder), { recursive: true });
  for (const folder of ['tmp', 'var/tmp']) await chmod(join(root, folder), 0o1777);
  for (const [path, text] of Object.entries(textFiles)) await writeInto(root, path, text);
  for (const file of await listSystemFiles(node)) await copyInto(root, file);
  const binary = join(root, 'usr/local/bin/node');
  await copyFile(node, binary);
  await chmod(binary, 0o755);
  await strip(binary);
}

/** Absolute paths on this machine, each to lie at the same path in the image. */
export async function listSystemFiles(node: string): Promise<string[]> {
  await ensureDataFiles();
  const listing = await runCommand('ldd', [node]);
  const libraries = [...listing.matchAll(/(\/\S+\.so\S*)/g)].map((match) => match[1] ?? '');
  const libc = libraries.find((path) => basename(path) === 'libc.so.6');
  if (libc === undefined)
    throw new CannotProvision(`${node} is not linked to glibc, which the base image is made of.`);
  return [
    ...new Set([
      ...libraries,
      ...openedByLibc.map((name) => join(dirname(libc), name)),
      certificates,
      timeZone,
    ]),
  ];
}

async function ensureDataFiles(): Promise<void> {
  const wanted = [
    [certificates, 'ca-certificates'],
    [timeZone, 'tzdata'],
  ] as const;
  for (const [path, name] of wanted) {
    if (!(await isReadable(path))) await installPackages([name], 'the base image');
  }
}

async function strip(binary: string): Promise<void> {
  if (!(await hasCommand('strip'))) await installPackages(['binutils'], 'a smaller node in the base image');
  await runCommand('strip', [binary]);
}

async function copyInto(root: string, file: string): Promise<void> {
  const target = join(root, file);
  await mkdir(dirname(target), { recursive: true });
  await rm(target, { force: true });
  await copyFile(await realpath(file), target);
}

async function writeInto(root: string, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}
