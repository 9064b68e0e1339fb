import { type Document, isAlias, isMap, isNode, isScalar, visit, type YAMLMap } from 'yaml';
import { type ErrorLocation, failure, type MdeployError } from '../core/errors/error.ts';

/** Line and column of an offset in the text. */
export type Place = (offset: number) => ErrorLocation;

export const maxDepth = 32;

/** What a manifest may not use although YAML has it: what a reviewer sees is what is meant. */
export function featureProblems(document: Document.Parsed, at: Place): MdeployError[] {
  const problems: MdeployError[] = [];
  const refuse = (feature: string, hint: string, offset = 0) =>
    problems.push(failure('MANIFEST_FEATURE', { feature, hint }, { at: at(offset) }));
  const { yaml } = document.directives;
  if (yaml.explicit && yaml.version !== '1.2') refuse(`YAML ${yaml.version}`, 'Remove the %YAML line.');
  visit(document, (_, node, path) => {
    if (!isNode(node)) return undefined;
    const offset = node.range?.[0];
    if (path.filter(isNode).length > maxDepth) {
      problems.push(failure('MANIFEST_TOO_DEEP', { limit: maxDepth }, { at: at(offset ?? 0) }));
      return visit.BREAK;
    }
    if (isAlias(node)) refuse('an alias', writeOut, offset);
    else if (node.anchor !== undefined) refuse('an anchor', writeOut, offset);
    if (node.tag !== undefined) refuse(`the tag ${shortTag(node.tag)}`, 'Remove it.', offset);
    if (isMap(node)) problems.push(...keyProblems(node, at));
    return undefined;
  });
  return problems;
}

const writeOut = 'Write the value out where it is used.';

function keyProblems(map: YAMLMap, at: Place): MdeployError[] {
  const problems: MdeployError[] = [];
  const seen = new Set<string>();
  for (const { key: node } of map.items) {
    if (!isScalar(node)) continue;
    const key = String(node.value);
    const details = { at: at(node.range?.[0] ?? 0) };
    if (key === '<<')
      problems.push(failure('MANIFEST_FEATURE', { feature: 'a merge key', hint: writeOut }, details));
    // As a key of a plain object it would set the prototype.
    if (key === '__proto__') problems.push(failure('MANIFEST_KEY_UNKNOWN', protoParams, details));
    if (seen.has(key)) problems.push(failure('MANIFEST_KEY_DUPLICATE', { key }, details));
    seen.add(key);
  }
  return problems;
}

const protoParams = { key: '__proto__', where: 'a manifest', hint: 'Remove it.' };

function shortTag(tag: string): string {
  return tag.replace('tag:yaml.org,2002:', '!!');
}
