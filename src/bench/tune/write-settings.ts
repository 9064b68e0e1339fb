import {
  type Document,
  isMap,
  isPair,
  isScalar,
  type Pair,
  parseDocument,
  type ToStringOptions,
  visit,
  type YAMLMap,
} from 'yaml';
import type { Candidate } from './candidate.ts';

/**
 * The text of a manifest with the settings of a candidate: `serving.batching` and `runtime.intra_op_threads`, each below a
 * comment that says where they come from. All comments stay; so does everything else.
 * @param text a manifest that was read without problems
 * @param origin one line
 */
export function writeSettings(text: string, { threads, batching }: Candidate, origin: string): string {
  // As texts, all values are printed as they were written: 1.10 and 1e3 are other versions than 1.1 and 1000.
  const document = parseDocument(text, { version: '1.2', schema: 'failsafe' });
  const print = () => document.toString(styleOf(text));
  const before = print();
  const batches = batching && Object.entries(batching).map(([key, value]) => [key, String(value)]);
  if (batches) set(document, ['serving', 'batching'], Object.fromEntries(batches), origin);
  else remove(document, ['serving', 'batching']);
  const threadsAt = ['runtime', 'intra_op_threads'] as const;
  // `auto` is what holds where nothing is written.
  if (threads !== 'auto' || document.hasIn(threadsAt)) set(document, threadsAt, String(threads), origin);
  return asWritten(text, before, print());
}

type Path = readonly [section: string, key: string];

/** Starts every comment that is written here, so that the next one takes its place. */
const mark = ' bench --tune: ';

function set(document: Document, [section, key]: Path, value: unknown, origin: string): void {
  const map = sectionOf(document, section);
  forgetMark(map);
  const node = document.createNode(value, { flow: true });
  const found = pairOf(map, key);
  if (!found) {
    const name = document.createNode(key);
    name.commentBefore = mark + origin;
    map.add(document.createPair(name, node));
    return;
  }
  // What was said inside the old value stays, too.
  const kept = [...commentsBefore(found), ...commentsIn(found.value)];
  if (isScalar(found.value) && isScalar(node)) node.comment = found.value.comment ?? null;
  found.value = node;
  if (isScalar(found.key)) found.key.commentBefore = [...kept, mark + origin].join('\n');
}

function remove(document: Document, [section, key]: Path): void {
  const map = document.get(section);
  if (!isMap(map)) return;
  forgetMark(map);
  const at = map.items.findIndex((pair) => isScalar(pair.key) && pair.key.value === key);
  const pair = map.items[at];
  if (!pair) return;
  const kept = [...commentsBefore(pair), ...commentsIn(pair.value)];
  const next = map.items[at + 1]?.key;
  map.items.splice(at, 1);
  if (kept.length === 0) return;
  if (isScalar(next)) next.commentBefore = joined([...kept, next.commentBefore]);
  else map.comment = joined([map.comment, ...kept]);
}

function sectionOf(document: Document, name: string): YAMLMap {
  const found = document.get(name);
  if (isMap(found)) {
    // A comment in a list on one line would need lines of its own.
    found.flow = false;
    return found;
  }
  const made = document.createNode({}) as YAMLMap;
  const pair = isMap(document.contents) ? pairOf(document.contents, name) : undefined;
  if (pair) pair.value = made;
  else document.set(name, made);
  return made;
}

// What is written above the first key is said of the whole map when it is read.
function forgetMark(map: YAMLMap): void {
  const lines = (map.commentBefore ?? '').split('\n').filter((line) => !line.startsWith(mark));
  map.commentBefore = lines.join('\n') || null;
}

function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((pair) => isScalar(pair.key) && pair.key.value === key);
}

function commentsBefore({ key }: Pair): string[] {
  const comment = isScalar(key) ? key.commentBefore : undefined;
  return (comment ?? '').split('\n').filter((line) => line !== '' && !line.startsWith(mark));
}

/** Comments inside a collection; what stands beside a plain value stays beside it. */
function commentsIn(value: unknown): string[] {
  if (!isMap(value)) return [];
  const found: (string | null | undefined)[] = [];
  visit(value, (_, node) => {
    if (isPair(node)) return;
    const { commentBefore, comment } = node as { commentBefore?: string | null; comment?: string | null };
    found.push(commentBefore, comment);
  });
  return found.filter((comment) => typeof comment === 'string').filter((comment) => comment !== '');
}

function joined(comments: readonly (string | null | undefined)[]): string {
  return comments.filter((comment) => comment !== null && comment !== undefined && comment !== '').join('\n');
}

/** As near to how a text is written as the printer can be told. */
function styleOf(text: string): ToStringOptions {
  return {
    lineWidth: 0,
    indent: /^( +)[^ #\n-]/m.exec(text)?.[1]?.length ?? 2,
    indentSeq: !/^( *)[^ #\n-][^\n]*:[ \t]*\n\1- /m.test(text),
    flowCollectionPadding: /[{[] /.test(text),
  };
}

/**
 * Lines that did not change, with their spaces and the empty lines above them: comments in a column stay in it.
 * @param before the text, printed; where its lines are not those of the text, nothing is put back
 */
function asWritten(text: string, before: string, after: string): string {
  const own = linesOf(text.endsWith('\n') ? text : `${text}\n`);
  const printed = linesOf(before).map(squeezed);
  if (own.length !== printed.length || own.some((line, index) => squeezed(line) !== printed[index]))
    return after;
  let at = 0;
  const lines = linesOf(after).map((line) => {
    const found = printed.indexOf(squeezed(line), at);
    if (found < 0) return line;
    at = found + 1;
    return own[found]!;
  });
  return lines.join('');
}

/** Lines that say something, each with the empty ones above it. */
function linesOf(text: string): readonly string[] {
  return text.match(/(?:[ \t]*\n)*[^\n]*\S[^\n]*(?:\n|$)/g) ?? [];
}

/** A line with its indentation, but with single spaces elsewhere. */
function squeezed(line: string): string {
  return line
    .replace(/^(?:[ \t]*\n)+/, '')
    .replace(/(?<=\S)\s+/g, ' ')
    .trimEnd();
}
