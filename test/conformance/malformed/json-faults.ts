import { type Dialect, dialects, good, row } from './dialects.ts';
import { type RestEntry, request } from './entries.ts';

/** JSON that is none, in every dialect. */
export function jsonFaults(): RestEntry[] {
  return dialects
    .flatMap((dialect) => [
      ...cuts.map((part) => entry(dialect, `cut after ${part} of 8`, cut(dialect, part))),
      ...Object.entries(broken).map(([name, rows]) =>
        entry(dialect, name, Buffer.from(dialect.wrap(rows), 'latin1')),
      ),
      ...Object.entries(documents).map(([name, make]) => entry(dialect, name, make(dialect.wrap(good)))),
    ])
    .filter((each) => each !== undefined);
}

function entry(dialect: Dialect, name: string, body: Uint8Array | string): RestEntry | undefined {
  if (dialect.takes?.includes(name)) return undefined;
  const { server, path, headers = {}, text } = dialect;
  const bytes = () => request(path, body, { headers });
  return { group: `JSON, ${dialect.name}`, name, server, bytes, status: 400, text };
}

const cuts = [1, 2, 3, 4, 5, 6, 7];

function cut({ wrap }: Dialect, part: number): string {
  const body = wrap(good).trimEnd();
  return body.slice(0, Math.floor((body.length * part) / 8));
}

/** Rows that are no JSON. */
const broken: Readonly<Record<string, string>> = {
  'a comma at the end': '[[5.1,3.5,1.4,0.2,]]',
  'a comma at the start': '[[,5.1,3.5,1.4,0.2]]',
  'two commas': '[[5.1,,3.5,1.4,0.2]]',
  'no commas': '[[5.1 3.5 1.4 0.2]]',
  semicolons: '[[5.1;3.5;1.4;0.2]]',
  'a list that stays open': '[[5.1,3.5,1.4,0.2]',
  'brackets of another kind': '[[5.1,3.5,1.4,0.2}]',
  tuples: '[(5.1,3.5,1.4,0.2)]',
  'a leading zero': '[[05.1,3.5,1.4,0.2]]',
  'a plus sign': '[[+5.1,3.5,1.4,0.2]]',
  'two minus signs': '[[--5.1,3.5,1.4,0.2]]',
  'a minus sign alone': '[[-,3.5,1.4,0.2]]',
  'no digit before the point': '[[.5,3.5,1.4,0.2]]',
  'no digit behind the point': '[[5.,3.5,1.4,0.2]]',
  'two points': '[[5.1.2,3.5,1.4,0.2]]',
  'an exponent without digits': '[[5e,3.5,1.4,0.2]]',
  'an exponent with only a sign': '[[5e+,3.5,1.4,0.2]]',
  'a hexadecimal number': '[[0x10,3.5,1.4,0.2]]',
  'digits in groups': '[[1_000,3.5,1.4,0.2]]',
  'a long suffix': '[[5.1f,3.5,1.4,0.2]]',
  'half a word': '[[tru,3.5,1.4,0.2]]',
  'a word of JavaScript': '[[undefined,3.5,1.4,0.2]]',
  'nan as Python prints it': '[[nan,3.5,1.4,0.2]]',
  'inf as Python prints it': '[[inf,3.5,1.4,0.2]]',
  'None as Python prints it': '[[None,3.5,1.4,0.2]]',
  'single quotes': "[['5.1',3.5,1.4,0.2]]",
  'a string that stays open': '[["5.1,3.5,1.4,0.2]]',
  'an escape that is none': '[["\\x41",3.5,1.4,0.2]]',
  'half an escape': '[["\\u12",3.5,1.4,0.2]]',
  'a line break in a string': '[["a\nb",3.5,1.4,0.2]]',
  'a zero byte': '[[5.1,\0 3.5,1.4,0.2]]',
  'a byte that is no UTF-8': '[[5.1,\xff 3.5,1.4,0.2]]',
  'a comment within': '[[5.1,/* wide */3.5,1.4,0.2]]',
  'a key without quotes': '[{X:[5.1,3.5,1.4,0.2]}]',
  'a key without a value': '[{"X"}]',
  'a key that is a number': '[{1:[5.1,3.5,1.4,0.2]}]',
};

/** Whole bodies that are no JSON, or none that says anything. */
const documents: Readonly<Record<string, (body: string) => Uint8Array | string>> = {
  'nothing at all': () => '',
  'blanks only': () => ' \t\r\n ',
  'a word': () => 'hello',
  'an empty object': () => '{}',
  'a zero byte before it': (body) => `\0${body}`,
  'UTF-16': (body) => Buffer.from(body, 'utf16le'),
  'two documents': (body) => `${body.trimEnd()} ${body}`,
  'a closing bracket too many': (body) => `${body.trimEnd()}]`,
  'text behind it': (body) => `${body.trimEnd()} x`,
  'a comment behind it': (body) => `${body.trimEnd()}// rows`,
  'packed without saying so': () => Buffer.from('1f8b0800000000000003ab56', 'hex'),
  'a picture': () => Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'),
  XML: () => '<rows><row>5.1</row></rows>',
  'lists 65 deep': () => '['.repeat(65) + ']'.repeat(65),
  'lists 100,000 deep': () => '['.repeat(100_000),
  'closed lists 100,000 deep': () => '['.repeat(100_000) + ']'.repeat(100_000),
  'objects 100,000 deep': () => '{"a":'.repeat(100_000),
  'rows 100,000 deep': (body) => body.replace(row, '['.repeat(100_000)),
};
