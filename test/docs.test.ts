import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { errorsPage } from '../scripts/docs/errors.ts';
import { manifestPage } from '../scripts/docs/manifest.ts';
import { catalogue } from '../src/core/errors/catalogue.ts';
import { manifestJsonSchema, type SchemaNode } from '../src/manifest/json-schema.ts';

const docs = join(import.meta.dirname, '../docs');
const page = (name: string) => readFileSync(join(docs, name), 'utf8');

describe('docs/errors.md', () => {
  test('is what `npm run docs` makes of the catalogue', () => {
    expect(page('errors.md')).toBe(errorsPage());
  });

  test('has every code once, and no other', () => {
    const listed = [...page('errors.md').matchAll(/^\| `([A-Z0-9_]+)` \|/gm)].map(([, code]) => code);
    expect(listed).toEqual(Object.keys(catalogue).sort());
  });
});

describe('docs/manifest.md', () => {
  test('is what `npm run docs` makes of the schema', () => {
    expect(page('manifest.md')).toBe(manifestPage());
  });

  test('has a row for every setting', () => {
    const text = page('manifest.md');
    const walk = (node: SchemaNode) => {
      for (const [key, inner] of Object.entries(node.properties ?? {})) {
        expect(text).toContain(`| \`${key}\` | `);
        walk(inner);
        if (inner.items) walk(inner.items);
      }
    };
    walk(manifestJsonSchema() as SchemaNode);
  });
});
