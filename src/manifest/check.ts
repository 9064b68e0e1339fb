import { open, stat } from 'node:fs/promises';
import { failure, type MdeployError } from '../core/errors/error.ts';
import { reasonOf } from '../core/files.ts';
import { parseImageReference } from '../core/names.ts';
import { nearest } from '../core/suggest.ts';
import { type Environment, fillPlaceholders } from './placeholders.ts';
import { problemsOf } from './problems.ts';
import { type ManifestDraft, manifestSchema } from './schema.ts';
import { type Locate, maxManifestBytes, readYaml } from './yaml.ts';

export interface CheckOptions {
  /** Where placeholders are looked up; the process environment when left out. */
  readonly environment?: Environment;
  /** Names of the steps there are; when given, other names are errors. */
  readonly transforms?: readonly string[];
}

export interface CheckedManifest {
  readonly draft: ManifestDraft;
  readonly warnings: readonly string[];
  /** Line and column of a key path, for faults found later. */
  readonly locate: Locate;
}

/** Nobody reads more, and each takes time to place. */
const maxProblems = 100;

/** Every problem of a manifest at once (up to 100 of a kind); `draft` only when there is none. Throws nothing. */
export function checkManifest(
  text: string,
  file: string,
  options: CheckOptions = {},
): Partial<Pick<CheckedManifest, 'draft'>> &
  Omit<CheckedManifest, 'draft'> & { readonly problems: readonly MdeployError[] } {
  const { data: given, locate, written, problems: unreadable } = readYaml(text, file);
  if (unreadable.length > 0) return { problems: unreadable, warnings: [], locate };
  const problems: MdeployError[] = [];
  const data = fillPlaceholders(given, options.environment ?? process.env, locate, problems);
  const result = manifestSchema.safeParse(data);
  if (!result.success) {
    for (const issue of result.error.issues.slice(0, maxProblems))
      problems.push(...problemsOf(issue, data, { locate, written }));
    return { problems: problems.sort(byPlace), warnings: [], locate };
  }
  if (options.transforms) problems.push(...unknownSteps(result.data, options.transforms, locate));
  if (problems.length > 0) return { problems, warnings: [], locate };
  return { draft: result.data, problems, warnings: warningsOf(result.data), locate };
}

/**
 * Reads and checks a manifest file.
 * @throws MdeployError `FILE_UNREADABLE`, or the first `MANIFEST_…` problem with the rest in `details.others`
 */
export async function loadManifest(file: string, options: CheckOptions = {}): Promise<CheckedManifest> {
  const text = decode(await readCapped(file), file);
  const { draft, problems, warnings, locate } = checkManifest(text, file, options);
  if (draft === undefined) throw firstOf(problems);
  return { draft, warnings, locate };
}

/** The first problem, carrying the others. */
export function firstOf(problems: readonly MdeployError[]): MdeployError {
  const [first, ...others] = problems;
  if (first === undefined) throw new RangeError('there is no problem to report');
  return others.length === 0 ? first : first.withOthers(others);
}

async function readCapped(file: string): Promise<Uint8Array> {
  try {
    // Opening a pipe waits for its other end, for ever if there is none.
    const kind = await stat(file);
    if (!kind.isFile() && !kind.isDirectory()) throw new Error('it is not a regular file');
    const handle = await open(file, 'r');
    try {
      const buffer = new Uint8Array(maxManifestBytes + 1);
      let length = 0;
      while (length < buffer.length) {
        const { bytesRead } = await handle.read(buffer, length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      return buffer.subarray(0, length);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw failure('FILE_UNREADABLE', { file, reason: reasonOf(error) }, { at: { file }, cause: error });
  }
}

function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    // A file cut at the cap may end inside a character; its size is then the fault to report.
    if (bytes.length > maxManifestBytes) return new TextDecoder().decode(bytes);
    const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    const params = { problem: 'it is not UTF-8 text.', hint: 'Save the file as UTF-8.' };
    const received = isUtf16 ? 'UTF-16' : 'bytes that are no UTF-8';
    const details = { at: { file, ...firstOddByte(bytes) }, expected: 'UTF-8', received, cause };
    throw failure('MANIFEST_SYNTAX', params, details);
  }
}

function firstOddByte(bytes: Uint8Array): { readonly line: number; readonly column: number } {
  const lines = new TextDecoder().decode(bytes).split('\ufffd', 1)[0]!.split('\n');
  return { line: lines.length, column: lines.at(-1)!.length + 1 };
}

function unknownSteps(draft: ManifestDraft, names: readonly string[], locate: Locate): MdeployError[] {
  const problems: MdeployError[] = [];
  for (const stage of ['preprocess', 'postprocess'] as const)
    for (const [index, { name }] of draft[stage].entries()) {
      if (names.includes(name)) continue;
      const near = nearest(name, names);
      const hint = near === undefined ? '' : `Did you mean "${near}"? `;
      const details = { at: locate([stage, index]), expected: 'the name of a transform', received: name };
      problems.push(failure('TRANSFORM_UNKNOWN', { name, hint, names: names.join(', ') }, details));
    }
  return problems;
}

function warningsOf(draft: ManifestDraft): string[] {
  const warnings: string[] = [];
  const base = parseImageReference(draft.image.base);
  if (base?.digest === undefined && (base?.tag === undefined || base.tag === 'latest'))
    warnings.push(`image.base ${draft.image.base} may change at any time; pin a version, or a digest.`);
  if (draft.serving.queue.timeout_ms > draft.serving.timeout_ms)
    warnings.push('serving.queue.timeout_ms is longer than serving.timeout_ms, which ends a request first.');
  return warnings;
}

function byPlace(a: MdeployError, b: MdeployError): number {
  const [x, y] = [a.details.at, b.details.at];
  return (x?.line ?? 0) - (y?.line ?? 0) || (x?.column ?? 0) - (y?.column ?? 0);
}
