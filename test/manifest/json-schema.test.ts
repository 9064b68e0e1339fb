import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { checkManifest } from '../../src/manifest/check.ts';
import {
  keysAt,
  manifestJsonSchema,
  placesOf,
  type SchemaNode,
  schemaId,
} from '../../src/manifest/json-schema.ts';
import { laterKeys } from '../../src/manifest/later.ts';

const schema = manifestJsonSchema();
// zod reads the published document back: a second, independent judge of the examples.
const published = z.fromJSONSchema(JSON.parse(JSON.stringify(schema)) as z.core.JSONSchema.JSONSchema);

function eachNode(visit: (node: SchemaNode, path: string) => void): void {
  const walk = (node: SchemaNode, path: string) => {
    visit(node, path);
    for (const [key, inner] of Object.entries(node.properties ?? {}))
      walk(inner, path ? `${path}.${key}` : key);
    if (node.items?.properties) walk(node.items, `${path}[]`);
  };
  walk(schema as SchemaNode, '');
}

describe('the published JSON Schema', () => {
  test('names itself and its dialect', () => {
    expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
    expect(schema.$id).toBe(schemaId);
    expect(schema.required).toEqual(['name', 'model']);
  });

  test('is plain JSON', () => {
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  });

  test('describes every setting and closes every section', () => {
    eachNode((node, path) => {
      if (path !== '' && !path.endsWith('[]')) expect(node.description, path).toMatch(/^[A-Z`].*[.)]$/s);
      if (node.properties) expect(node.additionalProperties, path).toBe(false);
    });
  });

  test('its examples and defaults are valid', () => {
    let checked = 0;
    eachNode((node, path) => {
      if (path.includes('[]') || !path) return;
      const [section, key] = path.split('.');
      for (const value of [...(node.examples ?? []), ...(node.default === undefined ? [] : [node.default])]) {
        const written = key === undefined ? { [section!]: value } : { [section!]: { [key]: value } };
        const model = { path: 'm.onnx', ...(written.model as object) };
        const text = JSON.stringify({ name: 'a', ...written, model });
        if (path.split('.').length > 2) return;
        expect(checkManifest(text, path, { environment: {} }).problems.map(({ message }) => message)).toEqual(
          [],
        );
        expect(published.safeParse(JSON.parse(text)).success, text).toBe(true);
        checked++;
      }
    });
    expect(checked).toBeGreaterThan(20);
  });

  test('accepts what the reader accepts, and the manifests of the examples', () => {
    const root = join(import.meta.dirname, '../..');
    const texts = globSync('examples/*/model.yaml', { cwd: root }).map((file) =>
      readFileSync(join(root, file), 'utf8'),
    );
    const shorthand =
      'name: a\nversion: 3\nmodel: {path: m.onnx}\ninputs: [{name: x, datatype: float32, shape: [batch, -1, null, "?", 4]}]\npostprocess: [softmax, {top_k: 3}]\nserving: {max_body_size: 1MiB}\n';
    for (const text of [...texts, shorthand])
      expect(published.safeParse(parse(text)).error?.issues).toBeUndefined();
  });

  test.each([
    'nme: a',
    'name: "a b"\nmodel: {path: m}',
    'name: a\nmodel: {path: m}\nserving: {timeout_ms: x}',
    'name: a\nmodel: {path: m}\nextra: 1',
    'name: a\nmodel: {path: m}\nruntime: {accelerator: yes}',
  ])('refuses %j as the reader does', (text) => {
    expect(published.safeParse(parse(text)).success).toBe(false);
    expect(checkManifest(text, 'f').draft).toBeUndefined();
  });
});

describe('looking settings up', () => {
  test('keys of a section, of a list entry, of nothing', () => {
    expect(keysAt(['model'])).toEqual(['path', 'format', 'framework']);
    expect(keysAt(['outputs', 3])).toEqual(['name', 'datatype', 'shape', 'labels', 'labels_file']);
    expect(keysAt(['samples', 0, 'tolerance'])).toEqual(['rtol', 'atol']);
    expect(keysAt(['name', 'x'])).toEqual([]);
  });

  test('places of a key', () => {
    expect(placesOf('timeout_ms')).toEqual([
      'serving.timeout_ms',
      'serving.queue.timeout_ms',
      'runtime.probe.timeout_ms',
    ]);
    expect(placesOf('nothing')).toEqual([]);
  });

  test('no setting is both there and for later', () => {
    for (const [path, keys] of laterKeys) {
      const there = keysAt(path === '' ? [] : path.split('.'));
      expect(keys.filter((key) => there.includes(key))).toEqual([]);
    }
  });
});
