import { type Document, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { type ErrorLocation, failure, type MdeployError } from '../core/errors/error.ts';
import { showSize } from '../core/units.ts';
import { showPath } from './path.ts';
import { featureProblems, maxDepth, type Place } from './yaml-features.ts';
import { keepTexts } from './yaml-texts.ts';

/** Finds the line and column of a key path; of the deepest part of it that exists. */
export type Locate = (path: readonly PropertyKey[], part?: 'key' | 'value') => ErrorLocation;

export interface YamlFile {
  /** Plain data; undefined when the text could not be read as one document. */
  readonly data?: unknown;
  readonly locate: Locate;
  /** The number or truth value at a key path as it is written: `1.10`, `0x10`, `True`. */
  readonly written: (path: readonly PropertyKey[]) => string | undefined;
  readonly problems: readonly MdeployError[];
}

export const maxManifestBytes = 256 * 1024;

/**
 * Reads one YAML 1.2 document of the core schema. Size and depth are capped; aliases, merge keys, tags, other
 * YAML versions and further documents are refused: what a reviewer sees is what is meant.
 * @param file name for messages only
 */
export function readYaml(text: string, file: string): YamlFile {
  const lines = new LineCounter();
  const at = (offset: number): ErrorLocation => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  const unread = (problem: MdeployError): YamlFile => ({
    locate: () => ({ file }),
    written: () => undefined,
    problems: [problem],
  });
  if (Buffer.byteLength(text) > maxManifestBytes) {
    const limit = showSize(maxManifestBytes);
    const expected = `${limit} at most`;
    return unread(failure('MANIFEST_TOO_LARGE', { limit }, { at: { file }, expected }));
  }
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    merge: false,
    // Compares every pair of keys; ours, in featureProblems, takes linear time.
    uniqueKeys: false,
    stringKeys: true,
    prettyErrors: false,
    lineCounter: lines,
  });
  const problems = worthTelling([...syntaxProblems(document, at), ...featureProblems(document, text, at)]);
  const locate = locator(document, at);
  const written = (path: readonly PropertyKey[]) => {
    const node = document.getIn(path, true);
    const isTyped = isScalar(node) && (typeof node.value === 'number' || typeof node.value === 'boolean');
    return isTyped ? node.source : undefined;
  };
  if (problems.length > 0) return { locate, written, problems };
  keepTexts(document);
  return { data: document.toJS({ maxAliasCount: 0 }), locate, written, problems };
}

// One fault of syntax makes many others behind it.
function worthTelling(problems: readonly MdeployError[]): readonly MdeployError[] {
  const tooDeep = problems.find(({ code }) => code === 'MANIFEST_TOO_DEEP');
  return tooDeep ? [tooDeep] : problems.slice(0, 20);
}

function syntaxProblems(document: Document.Parsed, at: Place): MdeployError[] {
  const problems: MdeployError[] = [];
  for (const error of document.errors) {
    const details = { at: at(error.pos[0]) };
    if (error.code === 'RESOURCE_EXHAUSTION')
      return [failure('MANIFEST_TOO_DEEP', { limit: maxDepth }, details)];
    if (error.code === 'MULTIPLE_DOCS')
      problems.push(
        failure(
          'MANIFEST_FEATURE',
          { feature: 'more than one document', hint: 'Keep one document per file.' },
          details,
        ),
      );
    else
      problems.push(
        failure('MANIFEST_SYNTAX', { problem: error.message, hint: syntaxHint(error.code) }, details),
      );
  }
  return problems;
}

function syntaxHint(code: string): string {
  return syntaxHints.get(code) ?? 'Check indentation, quotes and brackets on this line and the one before.';
}

const syntaxHints = new Map([
  ['TAB_AS_INDENT', 'Indent with spaces.'],
  ['BAD_SCALAR_START', 'Put the value in quotes.'],
  ['NON_STRING_KEY', 'Write plain words as keys.'],
  ['BLOCK_AS_IMPLICIT_KEY', 'Put the value in quotes if it holds ": ".'],
]);

function locator(document: Document.Parsed, at: Place): Locate {
  return (path, part = 'value') => {
    let node: unknown = document.contents;
    let offset = isNode(node) ? node.range?.[0] : 0;
    for (const [index, segment] of path.entries()) {
      if (isSeq(node)) node = node.items[Number(segment)];
      else if (isMap(node)) {
        const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(segment));
        const wantsKey = part === 'key' && index === path.length - 1;
        node = wantsKey ? pair?.key : pair?.value;
      } else break;
      if (!isNode(node)) break;
      offset = node.range?.[0] ?? offset;
    }
    return { ...at(offset ?? 0), path: showPath(path) };
  };
}
