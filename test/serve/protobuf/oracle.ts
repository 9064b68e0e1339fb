import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import protobuf from 'protobufjs';

const folder = join(import.meta.dirname, '../../../src/serve/proto');

/** Our .proto files as protobufjs, somebody else's code, understands them. */
export const oracle = new protobuf.Root();
for (const file of globSync('**/*.proto', { cwd: folder })) {
  protobuf.parse(readFileSync(join(folder, file), 'utf8'), oracle);
}
oracle.resolveAll();

/** Bytes of a message given in camel case; 64-bit integers as texts. */
export function encodeWith(type: string, value: object): Uint8Array {
  const found = oracle.lookupType(type);
  return found.encode(found.fromObject(value)).finish();
}

/** A message as plain JSON values: 64-bit integers as texts, bytes as base64, defaults left out. */
export function decodeWith(type: string, bytes: Uint8Array): Record<string, unknown> {
  const found = oracle.lookupType(type);
  return found.toObject(found.decode(bytes), { longs: String, bytes: String });
}
