import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { asMdeployError, failure } from '../../core/errors/error.ts';
import { recognise } from '../../onnx/recognise.ts';
import type { ByteSource } from '../../onnx/source.ts';
import type { Format } from '../format.ts';
import type { Sniffed } from '../sniffed.ts';

/**
 * Formats with a sign at their beginning, ONNX among them.
 * @returns undefined when there is none: it may yet be a pickle
 * @throws MdeployError `MODEL_EMPTY`, `MODEL_LFS_POINTER`, `MODEL_WEB_PAGE`, `CONVERT_FORMAT_UNKNOWN`
 */
export function sniffHead(source: ByteSource): Sniffed | undefined {
  const head = source.view(0, headBytes).subarray(0, headBytes).toString('latin1');
  const sign = signs.find(({ matches }) => matches(head));
  if (sign?.beside !== undefined && existsSync(join(dirname(source.label), sign.beside)))
    return { format: 'huggingface', path: dirname(source.label) };
  if (sign) return { format: sign.format, ...(sign.what !== undefined && { what: sign.what }) };
  if (basename(source.label) === 'saved_model.pb')
    return { format: 'saved-model', path: dirname(source.label) };
  const foreign = whatElse(source);
  if (foreign === undefined) return isProtobuf(head) ? { format: 'onnx' } : undefined;
  if (/pickle|compressed data/.test(foreign)) return undefined;
  // Protocol 0 of pickle is text.
  if (/text file/.test(foreign) && /^[(c\]}]/.test(head)) return undefined;
  throw failure(
    'CONVERT_FORMAT_UNKNOWN',
    { file: source.label, reason: `it looks like ${foreign}` },
    { at: { file: source.label } },
  );
}

const headBytes = 4096;

interface Sign {
  readonly format: Format;
  readonly what?: string;
  /** With this file beside it, it is part of a Hugging Face folder. */
  readonly beside?: string;
  matches(head: string): boolean;
}

const signs: readonly Sign[] = [
  { format: 'keras-h5', matches: (head) => head.startsWith('\x89HDF\r\n\x1a\n') },
  { format: 'tflite', matches: (head) => head.slice(4, 8) === 'TFL3' },
  {
    // A length of 64 bits, then JSON.
    format: 'torch-weights',
    what: 'safetensors weights without a model',
    beside: 'config.json',
    matches: (head) => /^[\s\S]{5}\0\0\0\{"/.test(head),
  },
  { format: 'catboost', matches: (head) => head.startsWith('CBM1') },
  { format: 'lightgbm', matches: (head) => /^tree\r?\nversion=/.test(head) },
  {
    format: 'xgboost',
    what: 'an XGBoost JSON model',
    matches: (head) => /^\s*\{\s*"(?:learner|version)"\s*:/.test(head) && head.includes('"learner'),
  },
  {
    format: 'xgboost',
    what: 'an XGBoost binary JSON model',
    matches: (head) => /^\{L[\s\S]{8}(?:learner|version)/.test(head),
  },
];

// The words of the error that the reader of ONNX files has for it.
function whatElse(source: ByteSource): string | undefined {
  try {
    recognise(source);
    return undefined;
  } catch (error) {
    const known = asMdeployError(error);
    if (known.code !== 'MODEL_OTHER_FORMAT') throw known;
    return known.message.replace(/^.*it looks like /s, '').replace(/\.$/, '');
  }
}

// A ModelProto begins with one of its fields: onnx.proto, ModelProto.
function isProtobuf(head: string): boolean {
  return ['\x08', '\x12', '\x1a', '\x22', '\x28', '\x32', '\x3a', '\x42', '\x72'].includes(head.charAt(0));
}
