import { failure } from '../core/errors/error.ts';
import { escapeFor, isLanguage, type Language, languages } from './escape.ts';

export type Scalar = string | number;
export type Item = Readonly<Record<string, Scalar | readonly string[]>>;
/** What templates may name: single values, and lists for `{{#each}}`. */
export type Variables = Readonly<Record<string, Scalar | readonly Item[]>>;

/**
 * Fills a template. `{{ name | language }}` writes a value escaped for a language (`dockerfile`, `json`, `markdown`,
 * `shell`); without a language only values that no language gives a meaning to pass. `{{#each list}} … {{/each}}`
 * repeats what is between, where `{{ .field }}` is a field of the item. There is nothing else.
 * @throws MdeployError `TEMPLATE_INVALID`, `TEMPLATE_VALUE`
 */
export function fillTemplate(file: string, text: string, variables: Variables): string {
  const parts = parse(file, text);
  return parts.map((part) => fillPart(file, part, variables, undefined)).join('');
}

interface Value {
  readonly name: string;
  readonly language: Language;
  readonly line: number;
}

interface Loop {
  readonly list: string;
  readonly line: number;
  readonly body: (string | Value)[];
}

type Part = string | Value | Loop;

// A tag of a loop alone on its line takes the whole line with it.
const tag = /^[ \t]*\{\{([#/][^}]*)\}\}[ \t]*(?:\n|$)|\{\{([^}]*)\}\}/gm;

function parse(file: string, text: string): Part[] {
  const parts: Part[] = [];
  let loop: Loop | undefined;
  let end = 0;
  for (const found of text.matchAll(tag)) {
    const line = text.slice(0, found.index).split('\n').length;
    const into = loop?.body ?? parts;
    into.push(plainText(file, text, end, found.index));
    end = found.index + found[0].length;
    const word = (found[1] ?? found[2] ?? '').trim();
    const list = /^#each +([a-z_]+)$/.exec(word)?.[1];
    if (list !== undefined && !loop) {
      loop = { list, line, body: [] };
      parts.push(loop);
    } else if (word === '/each' && loop) loop = undefined;
    else into.push(parseValue(file, word, line));
  }
  if (loop) throw invalid(file, loop.line, 'this {{#each}} has no {{/each}}');
  parts.push(plainText(file, text, end, text.length));
  return parts;
}

function plainText(file: string, text: string, start: number, end: number): string {
  const part = text.slice(start, end);
  const open = part.indexOf('{{');
  if (open < 0) return part;
  throw invalid(file, text.slice(0, start + open).split('\n').length, 'a {{ has no }}');
}

function parseValue(file: string, word: string, line: number): Value {
  const [, name, language = 'plain'] = /^(\.?[a-z_]+)(?: *\| *([a-z]+))?$/.exec(word) ?? [];
  if (name === undefined)
    throw invalid(file, line, `"${word}" is neither a variable nor a loop of one level`);
  if (!isLanguage(language)) throw invalid(file, line, `${language} is none of ${languages.join(', ')}`);
  return { name, language, line };
}

function fillPart(file: string, part: Part, variables: Variables, item: Item | undefined): string {
  if (typeof part === 'string') return part;
  if ('list' in part) {
    const items = own(variables, part.list);
    if (!Array.isArray(items)) throw invalid(file, part.line, `there is no list named ${part.list}`);
    return items
      .map((each: Item) => part.body.map((inner) => fillPart(file, inner, variables, each)).join(''))
      .join('');
  }
  const value = part.name.startsWith('.') ? own(item ?? {}, part.name.slice(1)) : own(variables, part.name);
  if (value === undefined) throw invalid(file, part.line, `there is no variable named ${part.name}`);
  if (Array.isArray(value) && part.language !== 'json') {
    throw invalid(file, part.line, `${part.name} is a list and needs "| json"`);
  }
  const escaped = escapeFor(part.language, value as Scalar | readonly string[]);
  if (typeof escaped === 'string') return escaped;
  throw failure('TEMPLATE_VALUE', { variable: part.name, file, reason: escaped.fault });
}

function own<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

function invalid(file: string, line: number, reason: string) {
  return failure('TEMPLATE_INVALID', { file, line, reason }, { at: { file, line } });
}
