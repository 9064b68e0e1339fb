import { failure } from '../../core/errors/error.ts';
import type { ByteSource } from '../../onnx/source.ts';
import { isSafeGlobal } from '../pickle/safe.ts';
import type { PickleGlobal } from '../pickle/value.ts';
import type { Sniffed } from '../sniffed.ts';
import { unzip, type ZipEntry } from '../zip.ts';

/**
 * A skops archive tells its objects as JSON. skops itself refuses what is not on its list when it loads them; `globals`
 * are those that are known to be harmless and that its list may lack.
 * @throws MdeployError `CONVERT_DAMAGED`
 */
export function sniffSkops(source: ByteSource, entries: readonly ZipEntry[]): Sniffed {
  const entry = entries.find(({ name }) => name === 'schema.json')!;
  const schema = parse(source, unzip(source, entry));
  const { __class__: name } = Object(schema) as { readonly __class__?: unknown };
  const globals = typesIn(schema).filter(isSafeGlobal);
  const what = typeof name === 'string' ? { what: `a skops archive (${name})` } : {};
  return { format: 'skops', ...what, globals };
}

function parse(source: ByteSource, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (cause) {
    const reason = 'its schema.json is no JSON';
    throw failure('CONVERT_DAMAGED', { file: source.label, reason }, { at: { file: source.label }, cause });
  }
}

// Not by recursion: a file may nest deeper than the stack is.
function typesIn(schema: unknown): PickleGlobal[] {
  const found = new Map<string, PickleGlobal>();
  const add = (module: unknown, name: unknown) => {
    if (typeof module === 'string' && typeof name === 'string')
      found.set(`${module}.${name}`, { kind: 'global', module, name });
  };
  const queue: unknown[] = [schema];
  while (queue.length > 0) {
    const next = queue.pop();
    if (typeof next !== 'object' || next === null) continue;
    const node = next as Readonly<Record<string, unknown>>;
    add(node.__module__, node.__class__);
    // Functions and types are named by what they hold.
    add(node.module_path, node.function);
    for (const inner of Object.values(node)) queue.push(inner);
  }
  return [...found.values()];
}
