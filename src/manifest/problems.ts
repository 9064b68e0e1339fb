import type * as z from 'zod';
import { type ErrorLocation, failure, type MdeployError } from '../core/errors/error.ts';
import { relativePathProblem } from '../core/names.ts';
import { nearest } from '../core/suggest.ts';
import { version } from '../core/version.ts';
import { exampleAt, isRequiredAt, keysAt, placesOf } from './json-schema.ts';
import { laterKeys, laterValues, patternOf } from './later.ts';
import { showPath, valueAt } from './path.ts';
import type { Locate, YamlFile } from './yaml.ts';

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** One finding of the schema → errors with place, expected, received and the next step. */
export function problemsOf(
  issue: Issue,
  data: unknown,
  { locate, written }: Pick<YamlFile, 'locate' | 'written'>,
): MdeployError[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys')
    return issue.keys.slice(0, 100).map((key) => unknownKey(path, key, locate));
  const value = valueAt(data, path);
  if (issue.code === 'invalid_key') {
    const expected = issue.issues[0]?.message ?? issue.message;
    const at = locate(path, 'key');
    const received = String(path.at(-1));
    return [
      failure(
        'MANIFEST_INVALID',
        { path: quoted(path), why: '', hint: `Write ${expected}.` },
        { at, expected, received },
      ),
    ];
  }
  if (value === undefined && issue.code === 'invalid_type') {
    const expected = issue.message;
    const params = { path: showPath(path), example: asExample(path) ?? expected };
    return [failure('MANIFEST_MISSING', params, { at: locate(path), expected, received: 'nothing' })];
  }
  const params = customParams(issue);
  if (params.secret !== undefined)
    return [failure('MANIFEST_SECRET', { path: showPath(path), name: params.secret }, { at: locate(path) })];
  const received = written(path) ?? show(value);
  return [laterValue(path, value, locate) ?? invalid(issue, params, { value, received, at: locate(path) })];
}

function unknownKey(path: Path, key: string, locate: Locate): MdeployError {
  const here = [...path, key];
  const at = locate(here, 'key');
  if (laterKeys.get(patternOf(path))?.includes(key))
    return failure('MANIFEST_KEY_LATER', { key: showPath(here), version }, { at, received: key });
  const allowed = keysAt(path);
  const place = placesOf(key)[0];
  const near = nearest(key, allowed);
  const hint = near ?? place;
  return failure(
    'MANIFEST_KEY_UNKNOWN',
    {
      key,
      where: path.length === 0 ? 'a manifest' : `"${showPath(path)}"`,
      hint: hint === undefined ? `There are: ${allowed.join(', ')}.` : `Did you mean "${hint}"?`,
    },
    { at, expected: `one of ${allowed.join(', ')}`, received: key },
  );
}

function laterValue(path: Path, value: unknown, locate: Locate): MdeployError | undefined {
  const pattern = patternOf(path);
  if (typeof value !== 'string' || !laterValues.get(pattern)?.includes(value.toLowerCase())) return undefined;
  const hint = pattern === 'model.format' ? 'Export the model to ONNX first.' : 'Remove it.';
  return failure(
    'MANIFEST_VALUE_LATER',
    { value, version, path: showPath(path), hint },
    { at: locate(path), received: value },
  );
}

interface CustomParams {
  readonly why?: string;
  readonly hint?: string;
  readonly near?: readonly string[];
  readonly secret?: string;
}

function customParams(issue: Issue): CustomParams {
  return (issue.code === 'custom' && (issue.params as CustomParams | undefined)) || {};
}

interface Found {
  readonly value: unknown;
  /** As the user would recognise it. */
  readonly received: string;
  readonly at: ErrorLocation;
}

function invalid(issue: Issue, params: CustomParams, { value, received, at }: Found): MdeployError {
  const expected = issue.message;
  const near = issue.code === 'invalid_value' ? issue.values.map(String) : params.near;
  const meant = near && typeof value === 'string' ? nearest(value, near) : undefined;
  const hint =
    params.hint ??
    (meant === undefined
      ? (typeHint(issue.path, value, { expected, received }) ?? `Write ${expected}.`)
      : `Did you mean "${meant}"?`);
  return failure(
    'MANIFEST_INVALID',
    { path: quoted(issue.path), why: params.why ? `: ${params.why}` : '', hint },
    { at, expected, received },
  );
}

function asExample(path: Path): string | undefined {
  const example = exampleAt(path);
  return example && `\`${example}\``;
}

function quoted(path: Path): string {
  return path.length === 0 ? 'the manifest' : `"${showPath(path)}"`;
}

/** YAML's own traps: `name: 123`, `name: true`, a key without a value, a placeholder where none is filled in. */
function typeHint(
  path: Path,
  value: unknown,
  { expected, received }: { readonly expected: string; readonly received: string },
): string | undefined {
  if (path.length === 0) return 'Write at least `name: iris` and, below it, `model: {path: model.onnx}`.';
  if (value === null && isRequiredAt(path)) return `Give it a value: ${asExample(path) ?? expected}.`;
  if (value === null) return `Give it a value (${expected}), or remove it.`;
  // People write the file itself where its settings belong.
  if (patternOf(path) === 'model' && typeof value === 'string' && relativePathProblem(value) === undefined)
    return `Write \`model: {path: ${value}}\`.`;
  if (show(value).includes('${'))
    return 'Placeholders are filled in only in image.repository and image.base.';
  const wantsText = /^(?:text|the name|up to|a word|a class name|a relative path)/.test(expected);
  if (wantsText && (typeof value === 'number' || typeof value === 'boolean'))
    return `Put it in quotes: "${received}".`;
  return undefined;
}

/** A value as the user would recognise it, cut to fit a line. */
export function show(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
