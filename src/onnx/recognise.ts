import { failure } from '../core/errors/error.ts';
import { showSize } from '../core/units.ts';
import type { ByteSource } from './source.ts';

/**
 * Refuses by content what people pass for an ONNX model, whatever the file is called.
 * @throws MdeployError `MODEL_EMPTY`, `MODEL_LFS_POINTER`, `MODEL_WEB_PAGE`, `MODEL_OTHER_FORMAT`
 */
export function recognise(source: ByteSource): void {
  const file = source.label;
  if (source.size === 0) throw failure('MODEL_EMPTY', { file });
  const head = source.view(0, headBytes).subarray(0, headBytes);
  const text = head.toString('latin1');
  if (text.startsWith('version https://git-lfs.github.com/')) {
    const size = /^size (\d{1,15})$/m.exec(text)?.[1];
    throw failure('MODEL_LFS_POINTER', { file, size: size ? showSize(Number(size)) : 'unknown size' });
  }
  if (/^(\xef\xbb\xbf)?\s*<(!doctype|html|head|body|!--|\?xml|error)/i.test(text))
    throw failure('MODEL_WEB_PAGE', { file, start: text.trim().slice(0, 60) });
  const format = otherFormats.find(({ matches }) => matches(text, source));
  if (format) throw failure('MODEL_OTHER_FORMAT', { file, what: format.what, fix: format.fix });
}

const headBytes = 512;
const unpack = 'Unpack it first and pass the .onnx file inside.';
const viaTensorFlow = 'Convert it to ONNX first, for example with tf2onnx.';
const viaTorch = 'Export it to ONNX first with torch.onnx.export.';
const viaTrees = 'Convert it to ONNX first, for example with onnxmltools.';

interface OtherFormat {
  readonly what: string;
  readonly fix: string;
  matches(head: string, source: ByteSource): boolean;
}

const starts =
  (...magic: string[]) =>
  (head: string): boolean =>
    magic.some((bytes) => head.startsWith(bytes));

/** The order matters: the narrower sign comes first. */
const otherFormats: readonly OtherFormat[] = [
  {
    what: 'a PyTorch archive',
    fix: viaTorch,
    matches: (head) => head.startsWith('PK\x03\x04') && /\/data(\.pkl|\/)|archive_format/.test(head),
  },
  {
    what: 'a Keras archive',
    fix: viaTensorFlow,
    matches: (head) => head.startsWith('PK\x03\x04') && head.slice(30, 43) === 'metadata.json',
  },
  { what: 'a zip archive', fix: unpack, matches: starts('PK\x03\x04', 'PK\x05\x06') },
  {
    what: 'gzip-compressed data',
    fix: 'Decompress it first: gunzip, or tar -xzf.',
    matches: starts('\x1f\x8b'),
  },
  { what: 'xz-compressed data', fix: 'Decompress it first: unxz.', matches: starts('\xfd7zXZ\0') },
  { what: 'zstd-compressed data', fix: 'Decompress it first: unzstd.', matches: starts('\x28\xb5\x2f\xfd') },
  {
    what: 'a tar archive',
    fix: 'Unpack it first: tar -xf.',
    matches: (head) => head.slice(257, 262) === 'ustar',
  },
  {
    what: 'a Python pickle (scikit-learn, joblib or PyTorch)',
    fix: 'Convert it to ONNX first, for example with skl2onnx; mdeploy never unpickles.',
    matches: starts('\x80\x02', '\x80\x03', '\x80\x04', '\x80\x05'),
  },
  {
    what: 'a zlib-compressed joblib pickle',
    fix: 'Convert it to ONNX first with skl2onnx; mdeploy never unpickles.',
    matches: starts('\x78\x01', '\x78\x5e', '\x78\x9c', '\x78\xda'),
  },
  { what: 'a TensorFlow SavedModel', fix: viaTensorFlow, matches: isSavedModel },
  { what: 'an HDF5 file (Keras .h5)', fix: viaTensorFlow, matches: starts('\x89HDF\r\n\x1a\n') },
  { what: 'a TensorFlow Lite model', fix: viaTensorFlow, matches: (head) => head.slice(4, 8) === 'TFL3' },
  {
    what: 'an ORT-format model',
    fix: 'Use the .onnx file it was made from.',
    matches: (head) => head.slice(4, 8) === 'ORTM',
  },
  {
    what: 'a safetensors file: weights without a graph',
    fix: 'Load it in its framework and export the model to ONNX.',
    matches: (head) => head.slice(5, 10) === '\0\0\0{"',
  },
  {
    what: 'a GGUF file',
    fix: 'GGUF models run in llama.cpp; export the original to ONNX.',
    matches: starts('GGUF'),
  },
  {
    what: 'an image',
    fix: 'Pass the model, not its input.',
    matches: starts('\x89PNG', '\xff\xd8\xff', 'GIF8'),
  },
  { what: 'a NumPy file', fix: 'Pass the model, not its data.', matches: starts('\x93NUMPY') },
  { what: 'a CatBoost model', fix: "Save it with save_model(path, format='onnx').", matches: starts('CBM1') },
  { what: 'a LightGBM text model', fix: viaTrees, matches: starts('tree\nversion=') },
  {
    what: 'an XGBoost binary model',
    fix: viaTrees,
    matches: (head) => head.startsWith('{L') && head.slice(10, 17) === 'learner',
  },
  { what: 'an XGBoost JSON model', fix: viaTrees, matches: (head) => /^\{\s*"learner"/.test(head) },
  {
    what: 'a JSON document',
    fix: 'Pass the .onnx file itself.',
    matches: (head) => /^\s*\{\s*["}]/.test(head),
  },
  {
    what: 'a text file',
    fix: 'Pass the .onnx file itself.',
    matches: (head, source) => head.length === Math.min(source.size, headBytes) && /^[\s -~]{8,}$/.test(head),
  },
];

// An ONNX file of IR version 1 starts alike; but where SavedModel has a nested message (0x0a), ONNX has the name of its producer.
function isSavedModel(head: string): boolean {
  if (!head.startsWith('\x08\x01\x12')) return false;
  let at = 3;
  while (head.charCodeAt(at) > 0x7f && at < 8) at++;
  return head[at + 1] === '\n';
}
