import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MdeployError } from '../../src/core/errors/error.ts';
import type { Manifest } from '../../src/manifest/manifest.ts';
import { instructionsOf } from '../../src/package/dockerfile.ts';
import { renderFile } from '../../src/package/render.ts';
import { templateVariables } from '../../src/package/variables.ts';
import { manifest } from './fakes.ts';

const template = await readFile(join(import.meta.dirname, '../../templates/app/Dockerfile.tmpl'), 'utf8');
const readme = await readFile(join(import.meta.dirname, '../../templates/app/README.md.tmpl'), 'utf8');

function variablesOf(
  model: Manifest,
  files: readonly string[] = ['model.onnx', 'samples/0.in.json'],
  locales: readonly string[] = ['en_US.UTF-8'],
) {
  const identity = {
    name: model.name,
    version: model.version,
    tool: { name: 'mdeploy', version: '0.1.0' },
    runtime: { name: 'onnxruntime-node', version: '1.30.0' },
    platforms: ['linux/amd64'],
    base: model.image.base,
    needs_locale: true,
  } as const;
  return templateVariables(model, identity, files, locales);
}

describe('instructionsOf', () => {
  test('reads comments, joined lines and here-documents as the engine does', () => {
    const text = [
      '# syntax',
      'from a',
      'ENV x=1 \\',
      '# between',
      '',
      '  y=2',
      'RUN <<EOF',
      'COPY not an instruction',
      'EOF',
      '  copy a b',
      'RUN <<-"END" cat',
      '\tRUN not one',
      '\tEND',
      'CMD ["x"] \\',
    ].join('\n');
    expect(instructionsOf(text)).toEqual(['FROM', 'ENV', 'RUN', 'COPY', 'RUN', 'CMD']);
  });
});

describe('the default Dockerfile', () => {
  test('has a layer for each part, no RUN, and a numeric user', () => {
    const text = renderFile('Dockerfile', template, variablesOf(manifest));
    expect(instructionsOf(text).join(' ')).toBe(
      'FROM ENV WORKDIR COPY COPY COPY COPY COPY COPY COPY ENV ENV LABEL LABEL LABEL LABEL USER EXPOSE STOPSIGNAL HEALTHCHECK ENTRYPOINT',
    );
    expect(text).toContain('\nUSER 10001:10001\n');
    expect(text).toContain('\nENV A="say \\"hi\\" for \\$5 \\\\o/"\n');
    expect(text).toContain(`\nLABEL example.org/team="o'Brien"\n`);
    const copies = [...text.matchAll(/^COPY (.*)$/gm)].map((found) => JSON.parse(found[1]!) as string[]);
    expect(copies).toEqual([
      ['node_modules/', 'node_modules/'],
      ['locale/', 'locale/'],
      ['server.mjs', 'THIRD-PARTY-NOTICES', './'],
      ['model/model.onnx', 'model/'],
      ['model/samples/', 'model/samples/'],
      ['model/model.yaml', 'model/'],
      ['mdeploy.lock.json', './'],
    ]);
    for (const [, json] of text.matchAll(/^(?:ENTRYPOINT|CMD|\s+CMD) (\[.*\])$/gm))
      expect(JSON.parse(json!)).toBeTruthy();
  });

  test('copies the locale only where the package brings one', () => {
    const copies = (locales: readonly string[]) =>
      renderFile('Dockerfile', template, variablesOf(manifest, undefined, locales)).match(/^COPY .*$/gm);
    expect(copies([])?.join()).not.toContain('locale');
    expect(copies(['de_DE.UTF-8'])?.[1]).toBe('COPY ["locale/","locale/"]');
  });

  test('no string of a manifest can add an instruction: it is refused, or the count stays', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...'\n\r\u2028"\\$\'`#{}<>RUN \tEOF'), minLength: 1 }),
      fc.constantFrom(
        'x"\nRUN id',
        'x\\',
        '$(id)',
        '<<EOF',
        '{{ name }}',
        '\u0085USER root',
        '" \\\nRUN id #',
      ),
    );
    const safeCount = instructionsOf(renderFile('Dockerfile', template, variablesOf(manifest))).length;
    fc.assert(
      fc.property(hostile, fc.constantFrom(...places), (text, place) => {
        const model = place(text);
        let filled: string;
        try {
          filled = renderFile('Dockerfile', template, variablesOf(model));
        } catch (error) {
          expect(error).toBeInstanceOf(MdeployError);
          expect(error).toMatchObject({ code: 'TEMPLATE_VALUE', exit: 2 });
          return;
        }
        const count = instructionsOf(filled).length;
        const labels = model.description === '' ? 1 : 0;
        expect(count).toBe(safeCount - labels);
        expect(instructionsOf(filled)).not.toContain('RUN');
      }),
      { numRuns: 200 },
    );
  });

  test('a template of the user that would let a value become an instruction is stopped after rendering', () => {
    const unquoted = 'FROM x\nRUN echo {{ description | shell }}\n';
    expect(() =>
      renderFile('Dockerfile.gpu', unquoted, variablesOf({ ...manifest, description: 'a <<EOF' })),
    ).not.toThrow();
    const swallowing = `${unquoted}USER 1\n`;
    expect(() =>
      renderFile('Dockerfile.gpu', swallowing, variablesOf({ ...manifest, description: 'a <<EOF' })),
    ).toThrow(
      expect.objectContaining({
        code: 'TEMPLATE_VALUE',
        details: expect.objectContaining({ expected: 'FROM RUN USER', received: 'FROM RUN' }),
      }),
    );
  });
});

describe('the default README.md', () => {
  test('shows a request that fits the model', () => {
    expect(renderFile('README.md', readme, variablesOf(manifest))).toContain(
      `-H 'content-type: application/json' -d '{"inputs":{"X":[[0,0,0,0]]}}'`,
    );
    const digits = { ...manifest, preprocess: [{ name: 'decode_image', options: null }] };
    expect(renderFile('README.md', readme, variablesOf(digits))).toContain('--data-binary @picture.png');
    const large = { ...manifest, inputs: [{ name: 'X', datatype: 'FP32', shape: [3, 224, 224] }] } as const;
    expect(renderFile('README.md', readme, variablesOf(large))).not.toContain('-d ');
  });

  test('tells which locale the package brings, and only then', () => {
    const brought = renderFile('README.md', readme, variablesOf(manifest));
    expect(brought.replaceAll('\\', '')).toContain('need the locale en_US.UTF-8. It is in locale/');
    expect(renderFile('README.md', readme, variablesOf(manifest, undefined, []))).not.toContain('locale');
  });

  test('a tensor name cannot leave its quotes, a description cannot become markup', () => {
    const model: Manifest = {
      ...manifest,
      description: '<script>`x` [a](b)',
      inputs: [{ name: "'; rm -rf / #", datatype: 'FP32', shape: [1] }],
    };
    const text = renderFile('README.md', readme, variablesOf(model));
    expect(text).toContain(`-d '{"inputs":{"'\\''; rm -rf / #":[0]}}'`);
    expect(text).toContain('\\<script\\>\\`x\\` \\[a\\]\\(b\\)');
  });
});

const places: readonly ((text: string) => Manifest)[] = [
  (text) => ({ ...manifest, name: text }),
  (text) => ({ ...manifest, version: text }),
  (text) => ({ ...manifest, description: text }),
  (text) => ({ ...manifest, image: { ...manifest.image, base: text } }),
  (text) => ({ ...manifest, image: { ...manifest.image, env: { A: text, B: '' } } }),
  (text) => ({ ...manifest, image: { ...manifest.image, env: { [text]: 'x', B: '' } } }),
  (text) => ({ ...manifest, image: { ...manifest.image, labels: { a: text } } }),
  (text) => ({ ...manifest, image: { ...manifest.image, labels: { [text]: 'x' } } }),
];
