import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import protobuf from 'protobufjs';
import { describeFile } from './describe.ts';
import { tablesOf } from './tables.ts';

export const protoFolder = join(import.meta.dirname, '../../src/serve/proto');

/** Files below src/serve/proto and what is in them. */
export function generated(): ReadonlyMap<string, string> {
  const names = globSync('**/*.proto', { cwd: protoFolder }).sort();
  const all = new protobuf.Root();
  const parsed = names.map((name) => {
    const text = readFileSync(join(protoFolder, name), 'utf8');
    protobuf.parse(text, all, { keepCase: true });
    const own = new protobuf.Root();
    const { package: packageName = '', imports = [] } = protobuf.parse(text, own, { keepCase: true });
    return { name, packageName, imports, own };
  });
  all.resolveAll();
  const files = new Map<string, string>();
  const described: string[] = [];
  for (const file of parsed) {
    const scope = { ...file, all };
    const text = tablesOf(scope);
    if (text !== undefined) files.set(`${basename(file.name, '.proto')}.gen.ts`, text);
    described.push(`  '${file.name}': '${describeFile(scope).toString('base64')}',`);
  }
  files.set('descriptors.gen.ts', [head, ...described, '};', ''].join('\n'));
  return files;
}

const head = `// Made by scripts/proto.ts: do not edit.

/** Serialised FileDescriptorProto (base64) by file name. */
export const descriptors: Readonly<Record<string, string>> = {`;
