import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { escapeFor, languages } from '../../src/package/escape.ts';
import { fillTemplate } from '../../src/package/template.ts';

const variables = {
  name: 'iris',
  port: 8501,
  text: 'a "b" $c \\d',
  list: [
    { key: 'x', paths: ['a b', 'c'] },
    { key: 'y', paths: [] },
  ],
  none: [],
};

function fill(text: string): string {
  return fillTemplate('f', text, variables);
}

describe('fillTemplate', () => {
  test('writes values, with or without spaces, and leaves the rest alone', () => {
    expect(fill('a {{ name }}:{{port}} } { $x\n')).toBe('a iris:8501 } { $x\n');
  });

  test('escapes for the language that is named', () => {
    expect(fill('ENV a={{ text | dockerfile }}')).toBe('ENV a="a \\"b\\" \\$c \\\\d"');
    expect(fill('{{ text | json }}')).toBe(JSON.stringify(variables.text));
    expect(fill('{{ text | shell }}')).toBe(`'a "b" $c \\d'`);
    expect(fill('{{ text | markdown }}')).toBe('a \\"b\\" \\$c \\\\d');
  });

  test('repeats a loop; a tag alone on a line takes the line with it', () => {
    expect(fill('{{#each list}}\n- {{ .key }} {{ name }}\n{{/each}}\nend')).toBe('- x iris\n- y iris\nend');
    expect(fill('in:{{#each list}} {{ .key }}{{/each}}.')).toBe('in: x y.');
    expect(fill('{{#each list}}\n{{ .paths | json }}\n{{/each}}')).toBe('["a b","c"]\n[]\n');
    expect(fill('a\n  {{#each none}}\nb\n  {{/each}}\nc')).toBe('a\nc');
  });

  test.each([
    ['an unknown variable', 'x\n{{ nam }}', 2, /no variable named nam/],
    ['an inherited name', '{{ constructor }}', 1, /no variable named constructor/],
    ['an unknown field', '{{#each list}}{{ .nope }}{{/each}}', 1, /no variable named .nope/],
    ['a field outside a loop', '{{ .key }}', 1, /no variable named .key/],
    ['an unknown list', '{{#each name}}{{/each}}', 1, /no list named name/],
    ['an unknown language', '{{ name | html }}', 1, /html is none of/],
    ['a loop in a loop', '{{#each list}}\n{{#each list}}', 2, /loop of one level/],
    ['an open loop', '\n\n{{#each list}}', 3, /has no \{\{\/each\}\}/],
    ['a stray end', '{{/each}}', 1, /neither a variable/],
    ['code', '{{ 1 + 1 }}', 1, /neither a variable/],
    ['an open tag', 'a\n{{ name', 2, /a \{\{ has no \}\}/],
    ['an open tag with lines behind it', 'a\n{{ name }\nb\nc', 2, /a \{\{ has no \}\}/],
    ['an open tag before a whole one', 'a\nFROM {{ name }\nb {{ name }}', 2, /a \{\{ has no \}\}/],
    ['an open tag in a loop', '{{#each list}}\n{{ .key }\n{{/each}}', 2, /a \{\{ has no \}\}/],
    ['a list without json', '{{#each list}}{{ .paths }}{{/each}}', 1, /needs "\| json"/],
  ])('refuses %s', (_, text, line, says) => {
    expect(() => fill(text)).toThrow(
      expect.objectContaining({
        code: 'TEMPLATE_INVALID',
        exit: 2,
        message: expect.stringMatching(says),
        details: { at: { file: 'f', line } },
      }),
    );
  });

  test('a value that needs an escape and has none is an error, not an injection', () => {
    expect(() => fill('FROM {{ text }}')).toThrow(
      expect.objectContaining({
        code: 'TEMPLATE_VALUE',
        message: expect.stringMatching(
          /^The value of text cannot be written into f: it has the character " "/,
        ),
        remedy: expect.stringContaining('`| dockerfile`'),
      }),
    );
  });
});

describe('escapeFor', () => {
  const text = fc.string({ unit: 'binary' });

  test('no language lets a control character or a mark that turns text round pass', () => {
    fc.assert(
      fc.property(text, fc.constantFrom(...languages), (value, language) => {
        const escaped = escapeFor(language, value);
        if (typeof escaped === 'string') expect(escaped).not.toMatch(/[\p{Cc}\u2028\u2029\u202e\u2066]/u);
      }),
    );
    expect(escapeFor('shell', 'a\nb')).toEqual({ fault: 'it has the character U+000A' });
  });

  test('json reads back as it was', () => {
    fc.assert(
      fc.property(text, (value) => {
        const escaped = escapeFor('json', value);
        if (typeof escaped === 'string') expect(JSON.parse(escaped)).toBe(value);
      }),
    );
  });

  test('dockerfile text is one word between double quotes and reads back as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'\\"$ab {}') }), (value) => {
        const escaped = escapeFor('dockerfile', value) as string;
        expect(escaped).toMatch(/^"(?:[^"\\$]|\\[\\"$])*"$/);
        expect(escaped.slice(1, -1).replace(/\\(.)/g, '$1')).toBe(value);
      }),
    );
  });

  test('shell text is what a real shell gives back', () => {
    const values = ["it's", '$(touch /tmp/x)', '`id`', '"', '\\', '!!', '-n', '; rm -rf /', "'''"];
    const words = values.map((value) => escapeFor('shell', value) as string);
    const printed = execFileSync('/bin/sh', ['-c', `printf '%s\\n' ${words.join(' ')}`], {
      encoding: 'utf8',
    });
    expect(printed.trimEnd().split('\n')).toEqual(values);
  });

  test('plain passes what names, versions and image references are made of', () => {
    for (const value of ['iris', '1.0.0-rc.1', 'host:5000/a/b@sha256:ab', 'linux/amd64'])
      expect(escapeFor('plain', value)).toBe(value);
    for (const value of ['a b', '$x', 'a"', '#', '\\', 'ä', '{', '`', '<', "'"])
      expect(escapeFor('plain', value)).toMatchObject({ fault: expect.stringContaining('needs an escape') });
  });
});
