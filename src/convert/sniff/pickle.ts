import { gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib';
import { failure } from '../../core/errors/error.ts';
import type { ByteSource } from '../../onnx/source.ts';
import { isSafeGlobal } from '../pickle/safe.ts';
import { type PickleScan, scanPickle } from '../pickle/scan.ts';
import { className, get, isKind, type PickleValue } from '../pickle/value.ts';
import type { Sniffed } from '../sniffed.ts';
import { sniffTorchPickle } from './torch-pickle.ts';

/** A pickle is read whole. */
const maxBytes = 1024 ** 3;

/**
 * Pickles of scikit-learn and old PyTorch files: plain, or packed as joblib does.
 * @returns undefined when it is no pickle
 * @throws MdeployError `CONVERT_FORMAT_UNKNOWN`, `CONVERT_DAMAGED`
 */
export function sniffPickle(source: ByteSource): Sniffed | undefined {
  const packing = packings.find(({ magic }) => magic.some((sign) => head(source).startsWith(sign)));
  if (packing === undefined && !looksPickled(head(source))) return undefined;
  const bytes = packing ? packing.unpack(source) : whole(source);
  const scan = scanPickle(bytes);
  if (
    packing === undefined &&
    scan.broken !== undefined &&
    scan.globals.length === 0 &&
    !head(source).startsWith('\x80')
  )
    return undefined;
  return describe(source, bytes, scan);
}

function describe(source: ByteSource, bytes: Uint8Array, scan: PickleScan): Sniffed {
  const { globals, broken, root } = scan;
  // torch.save before 1.6: a magic number, a protocol number, system facts, then the pickle itself, then the weights.
  if (Buffer.from(bytes.subarray(0, 32)).includes(Buffer.from(legacyTorchMagic, 'hex')))
    return sniffTorchPickle(legacyTorch(bytes, scan.length));
  const modules = new Set(globals.map(({ module }) => module.split('.')[0]!));
  const found = { globals, ...(broken !== undefined && { broken }) };
  if (modules.has('torch')) return sniffTorchPickle({ ...found, ...(root !== undefined && { root }) });
  const name = className(root);
  const short = name?.split('.').at(-1);
  const version = isKind(root, 'object') ? get(root.state, '_sklearn_version') : undefined;
  const madeBy = typeof version === 'string' ? { madeBy: version } : {};
  for (const [package_, words] of families) {
    if (!(name?.startsWith(`${package_}.`) ?? modules.has(package_))) continue;
    return { format: 'sklearn', what: short ? `${words} (${short})` : words, ...found, ...madeBy };
  }
  if (globals.some((global) => !isPlain(global.module) || !isSafeGlobal(global)))
    return { format: 'sklearn', what: 'a Python pickle', ...found };
  throw failure(
    broken === undefined ? 'CONVERT_FORMAT_UNKNOWN' : 'CONVERT_DAMAGED',
    { file: source.label, reason: broken ?? `it is a Python pickle of ${kindOf(root)}, which is no model` },
    { at: { file: source.label } },
  );
}

const families: readonly (readonly [string, string])[] = [
  ['sklearn', 'a pickled scikit-learn model'],
  ['xgboost', 'a pickled XGBoost model'],
  ['lightgbm', 'a pickled LightGBM model'],
  ['catboost', 'a pickled CatBoost model'],
];

const legacyTorchMagic = '6cfc9c46f9206aa85019';

function legacyTorch(bytes: Uint8Array, first: number): PickleScan {
  let at = first;
  for (let index = 0; index < 2; index++) at += scanPickle(bytes, at).length;
  return scanPickle(bytes, at);
}

// A protocol from 2 on says so; 0 and 1 begin with any of their opcodes, of which these are the likely ones.
function looksPickled(head: string): boolean {
  const isNew = head.startsWith('\x80') && head.charCodeAt(1) >= 1 && head.charCodeAt(1) <= 5;
  return isNew || /^(?:\(|c\w|\]|\})/.test(head);
}

function isPlain(module: string): boolean {
  return /^(?:builtins|__builtin__|collections|copyreg|copy_reg|_codecs|numpy|datetime|joblib)(?:\.|$)/.test(
    module,
  );
}

function kindOf(root: PickleValue | undefined): string {
  if (isKind(root, 'dict')) return 'a dict';
  if (isKind(root, 'list') || isKind(root, 'tuple')) return `a ${root.kind}`;
  return className(root) ?? (root === null ? 'None' : 'a plain value');
}

interface Packing {
  readonly magic: readonly string[];
  unpack(source: ByteSource): Uint8Array;
}

const packings: readonly Packing[] = [
  {
    magic: ['\x78\x01', '\x78\x5e', '\x78\x9c', '\x78\xda'],
    unpack: (source) => inflated(source, inflateSync),
  },
  { magic: ['\x1f\x8b'], unpack: (source) => inflated(source, gunzipSync) },
  { magic: ['\x28\xb5\x2f\xfd'], unpack: (source) => inflated(source, zstdDecompressSync) },
  { magic: ['\xfd7zXZ'], unpack: (source) => unreadable(source, 'xz') },
  { magic: ['BZh'], unpack: (source) => unreadable(source, 'bzip2') },
  { magic: ['\x04\x22\x4d\x18'], unpack: (source) => unreadable(source, 'lz4') },
];

function inflated(source: ByteSource, unpack: (bytes: Uint8Array, options: object) => Buffer): Uint8Array {
  try {
    return unpack(whole(source), { maxOutputLength: maxBytes });
  } catch (cause) {
    const isTooLarge = (cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    const reason = isTooLarge
      ? `it unpacks to more than ${maxBytes} bytes`
      : 'it is packed, and cannot be unpacked';
    throw failure('CONVERT_DAMAGED', { file: source.label, reason }, { at: { file: source.label }, cause });
  }
}

// What cannot be looked into cannot be told to be harmless.
function unreadable(source: ByteSource, packer: string): never {
  throw failure(
    'CONVERT_FORMAT_UNKNOWN',
    {
      file: source.label,
      reason: `it is packed with ${packer}, which mdeploy does not look into; dump it again with compress=("zlib", 3)`,
    },
    { at: { file: source.label } },
  );
}

function whole(source: ByteSource): Uint8Array {
  if (source.size > maxBytes)
    throw failure(
      'CONVERT_DAMAGED',
      { file: source.label, reason: `as a pickle it may have at most ${maxBytes} bytes, not ${source.size}` },
      { at: { file: source.label } },
    );
  return source.view(0, source.size).subarray(0, source.size);
}

function head(source: ByteSource): string {
  return source.view(0, 16).subarray(0, 16).toString('latin1');
}
