import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const levels: Readonly<Record<string, number>> = {
  cli: 5,
  'index.ts': 5,
  convert: 4,
  diff: 4,
  optimize: 4,
  init: 4,
  inspect: 4,
  validate: 4,
  doctor: 4,
  package: 4,
  'build-image': 4,
  push: 4,
  predict: 4,
  bench: 4,
  serve: 4,
  repository: 3,
  proof: 3,
  python: 3,
  runtime: 2,
  pipeline: 2,
  manifest: 1,
  onnx: 1,
  observability: 1,
  security: 1,
  core: 0,
};

interface Source {
  /** Relative to `src/`. */
  readonly file: string;
  readonly folder: string;
  readonly text: string;
  /** Own files it imports, relative to `src/`: static, dynamic, type and re-exports alike. */
  readonly imports: readonly string[];
}

const sources = readSources();

describe('the levels of docs/architecture.md', () => {
  test('every folder of src has a level', () => {
    expect(sources.length).toBeGreaterThan(20);
    expect(sources.filter(({ folder }) => levels[folder] === undefined).map(({ file }) => file)).toEqual([]);
  });

  test('imports only go down, never sideways', () => {
    const wrong = sources.flatMap(({ file, folder, imports }) =>
      imports
        .map((target) => ({ target, to: folderOf(target) }))
        .filter(({ to }) => to !== folder && !(levels[to]! < levels[folder]!))
        .map(({ target }) => `${file} → ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test('every imported file exists', () => {
    const known = new Set(sources.map(({ file }) => file));
    const missing = sources.flatMap(({ file, imports }) =>
      imports.filter((target) => !known.has(target)).map((target) => `${file} → ${target}`),
    );
    expect(missing).toEqual([]);
  });

  test('there are no import cycles', () => {
    expect(cycles()).toEqual([]);
  });

  test('the scan sees every way of importing', () => {
    const text = [
      "import { a } from './a.ts';",
      "import type { B } from '../b.ts';",
      "export { c } from './c.ts';",
      "import './d.ts';",
      "const e = await import('./e.ts');",
      "type F = import('./f.ts').F;",
      "import {\n  g,\n} from './g.ts';",
    ].join('\n');
    const names = ['x/a.ts', 'b.ts', 'x/c.ts', 'x/d.ts', 'x/e.ts', 'x/f.ts', 'x/g.ts'];
    expect([...importsOf('x/y.ts', text)].sort()).toEqual([...names].sort());
  });
});

describe('the habits of the house', () => {
  const offenders = (isWrong: (source: Source) => boolean) => sources.filter(isWrong).map(({ file }) => file);

  test('no file of src, test or scripts is longer than 300 lines', () => {
    const files = globSync('{src,test,scripts,bench,bin}/**/*.{ts,js,mjs}', { cwd: root });
    const written = files.filter((file) => !file.includes('test/fixtures/') && !file.endsWith('.gen.ts'));
    const long = written.filter((file) => lineCount(file) > 300);
    expect(long).toEqual([]);
  });

  test('no default exports', () => {
    expect(offenders(({ text }) => /^export default\b/m.test(text))).toEqual([]);
  });

  test('no `any`', () => {
    const asType = /\bas any\b|<any[,>]|\bany\[\]|[:|&]\s*any(?=\s*[;,)=>\]}|&]|$)/m;
    expect(offenders(({ text }) => asType.test(code(text)))).toEqual([]);
    for (const wrong of [
      'x: any;',
      'f(x: any)',
      'as any',
      'Map<any, string>',
      'x: any[]',
      'string | any =',
    ]) {
      expect(wrong).toMatch(asType);
    }
  });

  test('no barrel but src/index.ts', () => {
    const isBarrel = ({ file, text }: Source) =>
      file !== 'index.ts' && /^export (\*|\{[^}]*\}) from/m.test(text);
    expect(offenders(isBarrel)).toEqual([]);
  });

  test('a package that is loaded late is taken by its default export: in a build it has no other', () => {
    const late = /const (.*) = await import\('([^'./][^']*)'\)/g;
    const isWrong = ({ text }: Source) =>
      [...text.matchAll(late)].some(
        ([, taken, name]) => !name!.startsWith('node:') && !/^\{ default: \w+ \}$/.test(taken!),
      );
    expect(offenders(isWrong)).toEqual([]);
  });

  test('own imports carry their .ts extension', () => {
    const bare = /(?:from|import)\s*\(?\s*'\.{1,2}\/[^']*(?<!\.ts|\.json)'/;
    expect(offenders(({ text }) => bare.test(code(text)))).toEqual([]);
  });

  test('nothing is left to be done later, no linter is told to look away', () => {
    expect(
      offenders(({ text }) => /\b(TODO|FIXME|XXX)\b|@ts-ignore|@ts-expect-error|@ts-nocheck/.test(text)),
    ).toEqual([]);
  });

  test('only the CLI prints or ends the process', () => {
    // `serve` owns its signals: the second one, or a drain that was cut short, ends it with clients still there.
    const mayExit = new Set(['cli/main.ts', 'serve/run.ts']);
    const isWrong = ({ file, text }: Source) =>
      !mayExit.has(file) && /\bprocess\.exit\(|\bconsole\./.test(code(text));
    expect(offenders(isWrong)).toEqual([]);
  });
});

function readSources(): Source[] {
  return globSync('**/*.ts', { cwd: join(root, 'src') }).map((path) => {
    const file = path.replaceAll('\\', '/');
    const text = readFileSync(join(root, 'src', path), 'utf8');
    return { file, folder: folderOf(file), text, imports: [...importsOf(file, text)] };
  });
}

function* importsOf(file: string, text: string): Generator<string> {
  const pattern = /(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s+)'(\.[^']+)'/g;
  for (const [, target] of code(text).matchAll(pattern)) {
    if (target!.endsWith('.ts')) yield relative('.', join(dirname(file), target!)).replaceAll('\\', '/');
  }
}

// Comments may speak of imports and of `any`.
function code(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

function folderOf(file: string): string {
  return file.split('/')[0]!;
}

function lineCount(file: string): number {
  return readFileSync(join(root, file), 'utf8').split('\n').length - 1;
}

/** Depth-first over the import graph; each cycle as the path that closes it. */
function cycles(): string[] {
  const graph = new Map(sources.map(({ file, imports }) => [file, imports]));
  const state = new Map<string, 'open' | 'done'>();
  const found: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (state.get(file) === 'done') return;
    if (state.get(file) === 'open') {
      found.push([...path.slice(path.indexOf(file)), file].join(' → '));
      return;
    }
    state.set(file, 'open');
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    state.set(file, 'done');
  };
  for (const file of graph.keys()) visit(file, []);
  return found;
}
