import type { Stats } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname, resolve } from 'node:path';
import { failure } from '../core/errors/error.ts';
import { reasonOf } from '../core/files.ts';
import { type ByteSource, withFileSource } from '../onnx/source.ts';
import { type Format, formatFacts } from './format.ts';
import { sniffFolder } from './sniff/folder.ts';
import { sniffHead } from './sniff/head.ts';
import { sniffPickle } from './sniff/pickle.ts';
import { sniffZip } from './sniff/zip.ts';
import type { Sniffed } from './sniffed.ts';

export interface Detected extends Sniffed {
  /** Absolute. */
  readonly path: string;
  readonly what: string;
  /** Such as a name that says something else than the content. */
  readonly warnings: readonly string[];
}

/**
 * Tells by content what a model file or folder is. Nothing of it is run, imported or unpacked to disk.
 * @throws MdeployError `FILE_UNREADABLE`, `CONVERT_FORMAT_UNKNOWN`, `CONVERT_DAMAGED`, and those of `recognise` for what
 * is no model at all
 */
export async function detectFormat(file: string): Promise<Detected> {
  const found = await find(file);
  const sniffed = found.isDirectory()
    ? await sniffFolder(file, detectFormat)
    : withFileSource(file, (source) => sniffFile(source));
  const { what } = formatFacts[sniffed.format];
  const isFile = found.isFile() && sniffed.path === undefined;
  return {
    what,
    ...sniffed,
    path: resolve(sniffed.path ?? file),
    warnings: isFile ? wrongEnding(file, sniffed.format, sniffed.what ?? what) : [],
  };
}

/** In order: archives, then pickles plain or packed, then everything with a sign at its beginning. */
export function sniffFile(source: ByteSource): Sniffed {
  return sniffZip(source) ?? sniffHead(source) ?? sniffPickle(source) ?? unknown(source);
}

async function find(file: string): Promise<Stats> {
  try {
    return await stat(file);
  } catch (cause) {
    throw failure('FILE_UNREADABLE', { file, reason: reasonOf(cause) }, { at: { file }, cause });
  }
}

function wrongEnding(file: string, format: Format, what: string): string[] {
  const ending = extname(file).toLowerCase();
  const { endings } = formatFacts[format];
  if (endings.length === 0 || endings.includes(ending)) return [];
  const others = Object.values(formatFacts).filter((facts) => facts.endings.includes(ending));
  // An ending that says nothing, such as .model or .dat, promises nothing either.
  return others.length === 0 ? [] : [`${file} is ${what}, whatever its name ends with (${ending}).`];
}

function unknown(source: ByteSource): never {
  const reason = 'its content has no sign of a format that is known';
  throw failure('CONVERT_FORMAT_UNKNOWN', { file: source.label, reason }, { at: { file: source.label } });
}
