/**
 * The strict grammars of everything a user types that may reach a URL, a path, a generated file or a registry.
 * A value of these grammars needs no escaping in any file mdeploy writes. Paths may hold spaces and free text may
 * hold quotes: both are on one line and printable, and are written only through the serializer of the file's language.
 */
export const grammars = {
  /** Model names: also file, URL and metric label material. */
  modelName: /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/,
  /** An integer or a semantic version (semver.org 2.0.0, without build metadata, which no image tag can hold). */
  version:
    /^(?=.{1,96}$)(?:0|[1-9]\d{0,8})(?:\.(?:0|[1-9]\d{0,8})\.(?:0|[1-9]\d{0,8})(?:-(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*)?)?$/,
  /** TF Serving version labels. */
  label: /^\w{1,64}$/,
  envName: /^[A-Za-z_][A-Za-z0-9_]{0,127}$/,
  /** Symbolic axis names. */
  axis: /^[A-Za-z_][A-Za-z0-9_.+\-* ]{0,127}$/,
  /** Keys of image labels: reverse domain names and paths under them. */
  imageLabel: /^[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,126}[A-Za-z0-9])?$/,
  /** Words such as a framework's or a transform's name. */
  word: /^[A-Za-z][A-Za-z0-9._-]{0,63}$/,
  /** OCI image repository without tag: distribution/reference `name`. */
  imageRepository:
    /^(?:(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.)*[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?::\d{1,5})?\/)?[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/,
  /** OCI tag: distribution/reference `tag`. */
  imageTag: /^\w[\w.-]{0,127}$/,
  imageDigest: /^sha256:[a-f0-9]{64}$/,
} as const;

export interface ImageReference {
  /** `host[:port]/path`, without tag and digest. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** Splits `repository[:tag][@digest]` by the distribution/reference grammar; undefined when it does not fit. */
export function parseImageReference(text: string): ImageReference | undefined {
  if (text.length > 512) return undefined;
  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !grammars.imageDigest.test(digest)) return undefined;
  const named = at < 0 ? text : text.slice(0, at);
  const colon = named.lastIndexOf(':');
  const hasTag = colon > named.lastIndexOf('/');
  const repository = hasTag ? named.slice(0, colon) : named;
  const tag = hasTag ? named.slice(colon + 1) : undefined;
  if (tag !== undefined && !grammars.imageTag.test(tag)) return undefined;
  if (repository.length > 255 || !grammars.imageRepository.test(repository)) return undefined;
  if (Number(/:(\d+)\//.exec(repository)?.[1] ?? 1) > 65_535) return undefined;
  return { repository, ...(tag !== undefined && { tag }), ...(digest !== undefined && { digest }) };
}

const maxPathLength = 512;

/**
 * What is wrong with a path that must stay inside its folder on every platform; undefined when nothing is.
 * Forward slashes only, letters and digits of any script and `_ . , + @ = ( ) ~ -` and inner spaces.
 */
export function relativePathProblem(path: string): string | undefined {
  if (path === '') return 'it is empty';
  if (path.length > maxPathLength) return `it is longer than ${maxPathLength} characters`;
  if (path.includes('\\')) return 'it has a backslash';
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'it is absolute';
  const odd = /[^\p{L}\p{M}\p{N}/_.,+@=()~ -]/u.exec(path)?.[0];
  if (odd !== undefined) return `it has the character ${showCharacter(odd)}`;
  for (const part of path.split('/')) {
    if (part === '..') return 'it leaves the folder';
    if (part === '') return 'it has an empty part';
    if (part === '.' || /^\s|[\s.]$/u.test(part)) return `the part "${part}" has a stray dot or space`;
    if (part.length > 255) return 'a part of it is longer than 255 characters';
    if (/^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i.test(part))
      return `"${part}" is a device name on Windows`;
  }
  return undefined;
}

// Controls, line and paragraph separators, lone surrogates, byte order marks, and the bidirectional marks that let
// text look other than it is (CVE-2021-42574).
const unprintable =
  /[\p{Cc}\p{Cs}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/u;

/** What is wrong with one line of free text; undefined when nothing is. */
export function textProblem(text: string, maxLength: number): string | undefined {
  if (text.length > maxLength) return `it is longer than ${maxLength} characters`;
  const odd = unprintable.exec(text)?.[0];
  return odd === undefined ? undefined : `it has the character ${showCharacter(odd)}`;
}

/** Fits any text to the grammar of model names: `My Model (2)` → `My-Model-2`; `model` when nothing is left. */
export function fitModelName(text: string): string {
  const fitted = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9._-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 128)
    .replace(/[.-]+$/, '');
  return fitted === '' ? 'model' : fitted;
}

function showCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  return unprintable.test(character) ? name : `"${character}"`;
}
