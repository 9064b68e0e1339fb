import { type Document, isAlias, isMap, isNode, isPair, isScalar, isSeq, visit, type YAMLMap } from 'yaml';
import { type ErrorLocation, failure, type MdeployError } from '../core/errors/error.ts';
import { showPath } from './path.ts';

/** Line and column of an offset in the text. */
export type Place = (offset: number) => ErrorLocation;

export const maxDepth = 32;

/** What a manifest may not use although YAML has it: what a reviewer sees is what is meant. */
export function featureProblems(document: Document.Parsed, text: string, at: Place): MdeployError[] {
  const problems: MdeployError[] = [];
  const refuse = (feature: string, hint: string, received: string, place: ErrorLocation) =>
    problems.push(failure('MANIFEST_FEATURE', { feature, hint }, { at: place, received }));
  const { yaml } = document.directives;
  if (yaml.explicit && yaml.version !== '1.2')
    refuse(`YAML ${yaml.version}`, 'Remove the %YAML line.', `%YAML ${yaml.version}`, at(0));
  visit(document, (_, node, ancestors) => {
    if (!isNode(node)) return undefined;
    const offset = node.range?.[0] ?? 0;
    if (ancestors.filter(isNode).length > maxDepth) {
      problems.push(failure('MANIFEST_TOO_DEEP', { limit: maxDepth }, { at: at(offset) }));
      return visit.BREAK;
    }
    const path = () => keyPath([...ancestors, node]);
    // The range of a node begins behind its anchor and tag.
    const place = (mark: string) => {
      const start = text.lastIndexOf(mark, offset);
      return { ...at(start < 0 ? offset : start), path: showPath(path()) };
    };
    if (isAlias(node)) refuse('an alias', writeOut, `*${node.source}`, place('*'));
    else if (node.anchor !== undefined) refuse('an anchor', writeOut, `&${node.anchor}`, place('&'));
    if (node.tag !== undefined) {
      const tag = shortTag(node.tag);
      refuse(`the tag ${tag}`, 'Remove it.', tag, place(tag));
    }
    if (isMap(node)) problems.push(...keyProblems(node, path, at));
    return undefined;
  });
  return problems;
}

const writeOut = 'Write the value out where it is used.';

/** From the document down to a node: the keys and indices on the way. */
function keyPath(nodes: readonly unknown[]): PropertyKey[] {
  const path: PropertyKey[] = [];
  for (const [depth, node] of nodes.entries()) {
    if (isPair(node)) path.push(isScalar(node.key) ? String(node.key.value) : '');
    else if (isSeq(node) && depth + 1 < nodes.length) path.push(node.items.indexOf(nodes[depth + 1]));
  }
  return path;
}

// The path is asked for only where there is a fault: finding the index in a long list takes time.
function keyProblems(map: YAMLMap, path: () => PropertyKey[], at: Place): MdeployError[] {
  const problems: MdeployError[] = [];
  const lines = new Map<string, number | undefined>();
  for (const { key: node } of map.items) {
    if (!isScalar(node)) continue;
    const key = String(node.value);
    const here = at(node.range?.[0] ?? 0);
    const details = () => ({ at: { ...here, path: showPath([...path(), key]) }, received: key });
    if (key === '<<')
      problems.push(failure('MANIFEST_FEATURE', { feature: 'a merge key', hint: writeOut }, details()));
    // As a key of a plain object it would set the prototype.
    if (key === '__proto__') problems.push(failure('MANIFEST_KEY_UNKNOWN', protoParams, details()));
    if (lines.has(key)) {
      const expected = `"${key}" once; it is on line ${lines.get(key)} already`;
      problems.push(failure('MANIFEST_KEY_DUPLICATE', { key }, { ...details(), expected }));
    } else lines.set(key, here.line);
  }
  return problems;
}

const protoParams = { key: '__proto__', where: 'a manifest', hint: 'Remove it.' };

function shortTag(tag: string): string {
  return tag.replace('tag:yaml.org,2002:', '!!');
}
