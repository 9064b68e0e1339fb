import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageOf } from './bundles.ts';

/**
 * Writes the licences of every npm package that is in the bundles, by name.
 * @throws Error when a package has neither a licence text nor a licence name
 */
export async function writeNotices(root: string, file: string, inputs: readonly string[]): Promise<void> {
  const folders = new Set(inputs.flatMap((input) => packageOf(input)?.folder ?? []));
  const notices = await Promise.all([...folders].map((folder) => noticeOf(join(root, folder))));
  await writeFile(file, [heading, ...[...new Set(notices)].sort()].join(`\n${'-'.repeat(80)}\n\n`));
}

const heading = 'The following packages are contained in mdeploy, each under its own licence.\n';

async function noticeOf(folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
    license?: string;
  };
  const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  if (texts.length === 0 && license === undefined) throw new Error(`${name}@${version} has no licence`);
  return [`${name} ${version} (${license ?? 'see text'})`, ...texts].join('\n\n').replaceAll('\r\n', '\n');
}
