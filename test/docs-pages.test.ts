import { existsSync, readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { commands } from '../src/cli/commands.ts';
import { catalogue } from '../src/core/errors/catalogue.ts';

const root = join(import.meta.dirname, '..');
const pages: string[] = [];
for (const pattern of ['*.md', 'docs/**/*.md', 'examples/*/README.md'])
  for await (const page of glob(pattern, { cwd: root })) pages.push(page);
const text = (page: string) => readFileSync(join(root, page), 'utf8');

describe('what a page points at', () => {
  test.each(pages.sort())('%s: every local link leads somewhere', (page) => {
    const links = [...text(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, target]) => target!);
    expect(links.filter((target) => !existsSync(join(root, dirname(page), target)))).toEqual([]);
  });

  // Two words and more, in the form of a code, in a column or a list of codes: `BODY_TOO_LARGE`.
  test.each(pages.sort())('%s: every code of an error exists', (page) => {
    const codes = [...text(page).matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`/g)].map(([, code]) => code!);
    const areas = new Set(Object.keys(catalogue).map((code) => code.split('_')[0]!));
    const unknown = codes.filter((code) => areas.has(code.split('_')[0]!) && !(code in catalogue));
    expect(unknown.filter((name) => !variables.test(name))).toEqual([]);
  });
});

// Environment variables of Docker look the same.
const variables = /^DOCKER_(?:HOST|CONTEXT|TLS_VERIFY|CERT_PATH|CONFIG)$/;

describe('the page of a verb', () => {
  test.each(commands.names)('%s tells every flag that --help tells', async (verb) => {
    const program = new Command(verb);
    (await commands.load(verb)).configure(program);
    const flags = program.options.filter(({ hidden }) => !hidden).map(({ long }) => long!);
    const page = text(`docs/${verb}.md`);
    expect(flags.filter((flag) => !page.includes(flag))).toEqual([]);
  });

  test.each(commands.names)('%s is in the table of the README', (verb) => {
    expect(text('README.md')).toContain(`| [\`${verb}\`](docs/${verb}.md) |`);
  });
});
