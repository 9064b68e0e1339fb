import { describe, expect, test } from 'vitest';
import type { ErrorCode } from '../../src/core/errors/catalogue.ts';
import { checkManifest } from '../../src/manifest/check.ts';

interface Mistake {
  readonly what: string;
  /** The manifest; `§` stands before the character that the error must point at and is taken out. */
  readonly text: string;
  readonly code: ErrorCode;
  readonly path?: string;
  /** Part of the remedy: the suggestion. */
  readonly hint: string;
  /** Part of what is said to be expected. */
  readonly expected?: string;
  readonly received?: string;
}

const ok = 'name: a\nmodel: {path: m.onnx}\n';

const mistakes: readonly Mistake[] = [
  // Keys
  {
    what: 'misspelt top-level key',
    text: `${ok}§verson: 1`,
    code: 'MANIFEST_KEY_UNKNOWN',
    path: 'verson',
    hint: 'Did you mean "version"?',
    expected: 'one of schema_version, name',
    received: 'verson',
  },
  {
    what: 'camelCase key',
    text: `${ok}§schemaVersion: 1`,
    code: 'MANIFEST_KEY_UNKNOWN',
    path: 'schemaVersion',
    hint: '"schema_version"',
  },
  {
    what: 'misspelt nested key',
    text: 'name: a\nmodel: {path: m.onnx, §fromat: onnx}',
    code: 'MANIFEST_KEY_UNKNOWN',
    path: 'model.fromat',
    hint: '"format"',
  },
  {
    what: 'misspelt key in a list',
    text: `${ok}inputs:\n  - name: x\n    §shap: [1]`,
    code: 'MANIFEST_KEY_UNKNOWN',
    path: 'inputs[0].shap',
    hint: '"shape"',
  },
  {
    what: 'key in the wrong section',
    text: `${ok}§max_body_size: 1MiB`,
    code: 'MANIFEST_KEY_UNKNOWN',
    path: 'max_body_size',
    hint: '"serving.max_body_size"',
  },
  {
    what: 'key like nothing known',
    text: `${ok}serving: {§zzzzzz: 1}`,
    code: 'MANIFEST_KEY_UNKNOWN',
    path: 'serving.zzzzzz',
    hint: 'There are: protocols, max_body_size',
  },
  {
    what: '__proto__ as key',
    text: `${ok}§__proto__: {x: 1}`,
    code: 'MANIFEST_KEY_UNKNOWN',
    hint: 'Remove it',
  },
  { what: 'a key written twice', text: `${ok}§name: b`, code: 'MANIFEST_KEY_DUPLICATE', hint: 'Keep one' },
  {
    what: 'a section of a later version',
    text: `${ok}§rollout: {canary: {version: 4}}`,
    code: 'MANIFEST_KEY_LATER',
    path: 'rollout',
    hint: 'Remove it',
  },
  {
    what: 'a setting of a later version',
    text: `${ok}serving:\n  §batching: {max_batch_size: 32}`,
    code: 'MANIFEST_KEY_LATER',
    path: 'serving.batching',
    hint: 'Remove it',
  },
  {
    what: 'a protocol of a later version',
    text: `${ok}serving: {protocols: [plain, §v2]}`,
    code: 'MANIFEST_VALUE_LATER',
    path: 'serving.protocols[1]',
    hint: 'Remove it',
    received: 'v2',
  },
  {
    what: 'a provider of a later version',
    text: `${ok}runtime: {providers: [§cuda]}`,
    code: 'MANIFEST_VALUE_LATER',
    path: 'runtime.providers[0]',
    hint: 'Remove it',
  },
  {
    what: 'a format of a later version',
    text: 'name: a\nmodel: {path: m.onnx, format: §keras}',
    code: 'MANIFEST_VALUE_LATER',
    path: 'model.format',
    hint: 'to ONNX first',
  },
  // Missing
  {
    what: 'no name',
    text: '§model: {path: m.onnx}',
    code: 'MANIFEST_MISSING',
    path: 'name',
    hint: 'Add it: up to 128 letters',
    received: 'nothing',
  },
  {
    what: 'no model path',
    text: 'name: a\nmodel: §{format: onnx}',
    code: 'MANIFEST_MISSING',
    path: 'model.path',
    hint: 'a relative path',
  },
  {
    what: 'a tensor without name',
    text: `${ok}inputs: [§{datatype: FP32}]`,
    code: 'MANIFEST_MISSING',
    path: 'inputs[0].name',
    hint: 'the name of a tensor',
  },
  {
    what: 'a sample without answer',
    text: `${ok}samples: [§{inputs: a.json}]`,
    code: 'MANIFEST_MISSING',
    path: 'samples[0].outputs',
    hint: 'a relative path',
  },
  {
    what: 'an empty file',
    text: '§',
    code: 'MANIFEST_INVALID',
    path: '',
    hint: 'Give it a value',
    expected: 'key: value',
  },
  {
    what: 'a list instead of settings',
    text: '§- name: a',
    code: 'MANIFEST_INVALID',
    path: '',
    hint: 'key: value',
  },
  {
    what: 'a key without value',
    text: `${ok}serving:§`,
    code: 'MANIFEST_INVALID',
    path: 'serving',
    hint: 'or remove it',
    received: 'nothing',
  },
  // Values
  {
    what: 'another schema version',
    text: `schema_version: §2\n${ok}`,
    code: 'MANIFEST_INVALID',
    path: 'schema_version',
    hint: 'Write 1',
    received: '2',
  },
  {
    what: 'a number as name',
    text: 'name: §123\nmodel: {path: m.onnx}',
    code: 'MANIFEST_INVALID',
    path: 'name',
    hint: 'in quotes: "123"',
    received: '123',
  },
  {
    what: 'a name with a space',
    text: 'name: §my model\nmodel: {path: m.onnx}',
    code: 'MANIFEST_INVALID',
    path: 'name',
    hint: 'letters, digits',
    received: '"my model"',
  },
  {
    what: 'a name that climbs',
    text: 'name: §../../etc\nmodel: {path: m.onnx}',
    code: 'MANIFEST_INVALID',
    path: 'name',
    hint: 'letters, digits',
  },
  {
    what: 'a version that YAML reads as 1.1',
    text: `${ok}version: §1.10`,
    code: 'MANIFEST_INVALID',
    path: 'version',
    hint: 'in quotes',
    received: '1.1',
  },
  {
    what: 'a version with build metadata',
    text: `${ok}version: §1.0.0+abc`,
    code: 'MANIFEST_INVALID',
    path: 'version',
    hint: 'semantic version',
  },
  {
    what: 'a description over two lines',
    text: `${ok}description: §"a\\nRUN x"`,
    code: 'MANIFEST_INVALID',
    path: 'description',
    hint: 'on one line',
  },
  {
    what: 'a path out of the folder',
    text: 'name: a\nmodel: {path: §../m.onnx}',
    code: 'MANIFEST_INVALID',
    path: 'model.path',
    hint: 'inside the folder',
    received: '"../m.onnx"',
  },
  {
    what: 'an absolute path',
    text: 'name: a\nmodel: {path: §/etc/passwd}',
    code: 'MANIFEST_INVALID',
    path: 'model.path',
    hint: 'relative path',
  },
  {
    what: 'a Windows path',
    text: "name: a\nmodel: {path: §'C:\\m.onnx'}",
    code: 'MANIFEST_INVALID',
    path: 'model.path',
    hint: 'forward slashes',
  },
  {
    what: 'a pickle',
    text: 'name: a\nmodel: {path: §m.pkl}',
    code: 'MANIFEST_INVALID',
    path: 'model.path',
    hint: 'export the .pkl file to ONNX',
    expected: 'an ONNX file',
  },
  {
    what: 'a misspelt format',
    text: 'name: a\nmodel: {path: m.onnx, format: §onx}',
    code: 'MANIFEST_INVALID',
    path: 'model.format',
    hint: 'Did you mean "onnx"?',
  },
  {
    what: 'a misspelt datatype',
    text: `${ok}inputs: [{name: x, datatype: §flot32}]`,
    code: 'MANIFEST_INVALID',
    path: 'inputs[0].datatype',
    hint: 'Did you mean "FLOAT32"?',
    expected: 'a datatype',
  },
  {
    what: 'a datatype the runtime lacks',
    text: `${ok}inputs: [{name: x, datatype: §complex64}]`,
    code: 'MANIFEST_INVALID',
    path: 'inputs[0].datatype',
    hint: 'a datatype: BOOL',
  },
  {
    what: 'a shape that is no list',
    text: `${ok}inputs: [{name: x, shape: §4}]`,
    code: 'MANIFEST_INVALID',
    path: 'inputs[0].shape',
    hint: '[batch, 4]',
    received: '4',
  },
  {
    what: 'an axis of a broken length',
    text: `${ok}inputs: [{name: x, shape: [batch, §4.5]}]`,
    code: 'MANIFEST_INVALID',
    path: 'inputs[0].shape[1]',
    hint: 'a length',
  },
  {
    what: 'an axis of length -2',
    text: `${ok}inputs: [{name: x, shape: [§-2]}]`,
    code: 'MANIFEST_INVALID',
    path: 'inputs[0].shape[0]',
    hint: '-1, null',
  },
  {
    what: 'an axis name with a bracket',
    text: `${ok}inputs: [{name: x, shape: [§"a]"]}]`,
    code: 'MANIFEST_INVALID',
    path: 'inputs[0].shape[0]',
    hint: 'the name of an axis',
  },
  {
    what: 'a tensor described twice',
    text: `${ok}inputs: [{name: x}, {name: §x}]`,
    code: 'MANIFEST_INVALID',
    path: 'inputs[1].name',
    hint: 'each tensor once',
  },
  {
    what: 'labels and a label file',
    text: `${ok}outputs: [{name: y, labels: [a], labels_file: §l.txt}]`,
    code: 'MANIFEST_INVALID',
    path: 'outputs[0].labels_file',
    hint: 'either',
  },
  {
    what: 'a label that YAML reads as true',
    text: `${ok}outputs: [{name: y, labels: [a, §true]}]`,
    code: 'MANIFEST_INVALID',
    path: 'outputs[0].labels[1]',
    hint: 'in quotes: "true"',
  },
  {
    what: 'a step of two keys',
    text: `${ok}postprocess: [§{softmax: {}, top_k: 3}]`,
    code: 'MANIFEST_INVALID',
    path: 'postprocess[0]',
    hint: 'one "name: options" pair',
  },
  {
    what: 'a step that is a number',
    text: `${ok}postprocess: [softmax, §3]`,
    code: 'MANIFEST_INVALID',
    path: 'postprocess[1]',
    hint: 'in quotes',
  },
  {
    what: 'an unknown step',
    text: `${ok}postprocess: [§sofmax]`,
    code: 'TRANSFORM_UNKNOWN',
    path: 'postprocess[0]',
    hint: 'Did you mean "softmax"?',
    received: 'sofmax',
  },
  {
    what: 'an unknown protocol',
    text: `${ok}serving: {protocols: [§tsf]}`,
    code: 'MANIFEST_INVALID',
    path: 'serving.protocols[0]',
    hint: 'Did you mean "tfs"?',
    expected: 'one of plain, tfs',
  },
  {
    what: 'a protocol twice',
    text: `${ok}serving: {protocols: [tfs, §tfs]}`,
    code: 'MANIFEST_INVALID',
    path: 'serving.protocols[1]',
    hint: 'each protocol once',
  },
  {
    what: 'no protocol',
    text: `${ok}serving: {protocols: §[]}`,
    code: 'MANIFEST_INVALID',
    path: 'serving.protocols',
    hint: 'at least one',
  },
  {
    what: 'a size of no known unit',
    text: `${ok}serving: {max_body_size: §12 parsecs}`,
    code: 'MANIFEST_INVALID',
    path: 'serving.max_body_size',
    hint: 'such as 64MiB',
  },
  {
    what: 'a size above the limit',
    text: `${ok}serving: {max_body_size: §2GiB}`,
    code: 'MANIFEST_INVALID',
    path: 'serving.max_body_size',
    hint: 'from 1KiB to 1GiB',
  },
  {
    what: 'a time with a unit',
    text: `${ok}serving: {timeout_ms: §30s}`,
    code: 'MANIFEST_INVALID',
    path: 'serving.timeout_ms',
    hint: 'a whole number from 1',
    received: '"30s"',
  },
  {
    what: 'a queue of no places',
    text: `${ok}serving: {queue: {max_size: §0}}`,
    code: 'MANIFEST_INVALID',
    path: 'serving.queue.max_size',
    hint: 'from 1 to 100000',
  },
  {
    what: 'a tolerance below zero',
    text: `${ok}samples: [{inputs: a, outputs: b, tolerance: {rtol: §-1}}]`,
    code: 'MANIFEST_INVALID',
    path: 'samples[0].tolerance.rtol',
    hint: '≥ 0',
  },
  {
    what: 'a tolerance that is no number',
    text: `${ok}samples: [{inputs: a, outputs: b, tolerance: {atol: §.nan}}]`,
    code: 'MANIFEST_INVALID',
    path: 'samples[0].tolerance.atol',
    hint: '≥ 0',
    received: 'NaN',
  },
  {
    what: 'a warm-up of no known kind',
    text: `${ok}serving: {warmup: §sample}`,
    code: 'MANIFEST_INVALID',
    path: 'serving.warmup',
    hint: 'Did you mean "samples"?',
  },
  {
    what: 'threads beyond reason',
    text: `${ok}runtime: {intra_op_threads: §1000}`,
    code: 'MANIFEST_INVALID',
    path: 'runtime.intra_op_threads',
    hint: 'auto or a whole number',
  },
  {
    what: 'an accelerator as yes or no',
    text: `${ok}runtime: {accelerator: §true}`,
    code: 'MANIFEST_INVALID',
    path: 'runtime.accelerator',
    hint: 'one of none, prefer, require',
    received: 'true',
  },
  {
    what: 'a platform that is none',
    text: `${ok}image: {platforms: [§linux/amd46]}`,
    code: 'MANIFEST_INVALID',
    path: 'image.platforms[0]',
    hint: '"linux/amd64"',
  },
  {
    what: 'a repository with a tag',
    text: `${ok}image: {repository: §reg.example/iris:1}`,
    code: 'MANIFEST_INVALID',
    path: 'image.repository',
    hint: 'Leave out tag',
  },
  {
    what: 'a base with a line break',
    text: `${ok}image: {base: §"node:26\\nRUN id"}`,
    code: 'MANIFEST_INVALID',
    path: 'image.base',
    hint: 'an image reference',
  },
  {
    what: 'an environment name with a dash',
    text: `${ok}image: {env: {§A-B: x}}`,
    code: 'MANIFEST_INVALID',
    path: 'image.env.A-B',
    hint: 'letters, digits and _',
    received: 'A-B',
  },
  {
    what: 'an environment value that is a number',
    text: `${ok}image: {env: {WORKERS: §4}}`,
    code: 'MANIFEST_INVALID',
    path: 'image.env.WORKERS',
    hint: 'in quotes: "4"',
  },
  {
    what: 'a placeholder where none is filled in',
    text: `${ok}image: {env: {A: §"\${HOME}"}}`,
    code: 'MANIFEST_INVALID',
    path: 'image.env.A',
    hint: 'only in image.repository and image.base',
  },
  {
    what: 'a placeholder in the options of a step',
    text: `${ok}preprocess: [§{tokens: {file: "\${HOME}/x"}}]`,
    code: 'MANIFEST_INVALID',
    path: 'preprocess[0]',
    hint: 'only in image.repository and image.base',
  },
  {
    what: 'a placeholder of nothing',
    text: `${ok}image: {repository: §"\${REGISTRY}/a"}`,
    code: 'MANIFEST_PLACEHOLDER_UNSET',
    path: 'image.repository',
    hint: 'Set REGISTRY',
  },
  {
    what: 'a secret by its name',
    text: `${ok}image: {env: {DB_PASSWORD: §hunter2}}`,
    code: 'MANIFEST_SECRET',
    path: 'image.env.DB_PASSWORD',
    hint: 'docker run -e DB_PASSWORD=',
  },
  {
    what: 'a secret by its form',
    text: `${ok}image: {env: {X: §ghp_abcdefghijklmnopqrstuvwxyz0123}}`,
    code: 'MANIFEST_SECRET',
    path: 'image.env.X',
    hint: 'Remove it',
  },
  {
    what: 'a secret in a label',
    text: `${ok}image: {labels: {url: §"https://me:pw@host/x"}}`,
    code: 'MANIFEST_SECRET',
    path: 'image.labels.url',
    hint: 'Remove it',
  },
  // YAML
  {
    what: 'a tab as indentation',
    text: 'name: a\nmodel:\n§\tpath: m.onnx',
    code: 'MANIFEST_SYNTAX',
    hint: 'Indent with spaces',
  },
  {
    what: 'an open bracket',
    text: `${ok}inputs: [{name: x}\n§version: 1`,
    code: 'MANIFEST_SYNTAX',
    hint: 'brackets',
  },
  {
    what: 'a value that starts with @',
    text: 'name: §@a\nmodel: {path: m.onnx}',
    code: 'MANIFEST_SYNTAX',
    hint: 'in quotes',
  },
  {
    what: 'a colon in a plain value',
    text: `${ok}description: §a: b`,
    code: 'MANIFEST_SYNTAX',
    hint: 'in quotes',
  },
  {
    what: 'a broken escape',
    text: 'name: "a§\\q"\nmodel: {path: m.onnx}',
    code: 'MANIFEST_SYNTAX',
    hint: 'quotes',
  },
  { what: 'a list as key', text: `${ok}§[a]: 1`, code: 'MANIFEST_SYNTAX', hint: 'plain words' },
  { what: 'two documents', text: `${ok}§---\nname: b`, code: 'MANIFEST_FEATURE', hint: 'one document' },
  {
    what: 'an anchor',
    text: `${ok}serving: &s §{timeout_ms: 1}`,
    code: 'MANIFEST_FEATURE',
    hint: 'Write the value out',
  },
  { what: 'an alias', text: `${ok}serving: §*s`, code: 'MANIFEST_FEATURE', hint: 'Write the value out' },
  {
    what: 'a merge key',
    text: `${ok}§<<: {timeout_ms: 1}`,
    code: 'MANIFEST_FEATURE',
    hint: 'Write the value out',
  },
  {
    what: 'a tag',
    text: 'name: !!str §a\nmodel: {path: m.onnx}',
    code: 'MANIFEST_FEATURE',
    hint: 'Remove it',
  },
  {
    what: 'YAML 1.1',
    text: `§%YAML 1.1\n---\n${ok}`,
    code: 'MANIFEST_FEATURE',
    hint: 'Remove the %YAML line',
  },
  {
    what: 'brackets without end',
    text: `${ok}inputs: ${'['.repeat(200)}`,
    code: 'MANIFEST_TOO_DEEP',
    hint: 'check brackets',
  },
];

describe('every kind of mistake has its own answer', () => {
  test('there are enough of them, all different', () => {
    expect(mistakes.length).toBeGreaterThanOrEqual(40);
    expect(new Set(mistakes.map(({ what }) => what)).size).toBe(mistakes.length);
  });

  test.each(mistakes)('$what', ({ text, code, path, hint, expected, received }) => {
    const mark = text.indexOf('§');
    const written = text.replace('§', '');
    const { draft, problems } = checkManifest(written, 'model.yaml', {
      environment: {},
      transforms: ['softmax', 'top_k', 'scale'],
    });
    expect(draft).toBeUndefined();
    const found = problems.find((problem) => problem.code === code);
    expect(problems.map((problem) => `${problem.code} ${problem.message}`)).toEqual([
      expect.stringContaining(code),
    ]);
    expect(found?.exit).toBe(2);
    const before = written.slice(0, Math.max(0, mark));
    if (mark >= 0)
      expect(found?.details.at).toMatchObject({
        file: 'model.yaml',
        line: before.split('\n').length,
        column: mark - before.lastIndexOf('\n'),
      });
    if (path !== undefined) expect(found?.details.at?.path).toBe(path);
    expect(found?.remedy).toContain(hint);
    if (expected !== undefined) expect(found?.details.expected).toContain(expected);
    if (received !== undefined) expect(found?.details.received).toBe(received);
    expect(`${found?.message}${found?.remedy}`).not.toMatch(/undefined|\[object|Invalid (?:string|input)/);
  });

  test('a secret is never repeated in the error', () => {
    const { problems } = checkManifest(`${ok}image: {env: {API_KEY: hunter2}}`, 'model.yaml');
    expect(JSON.stringify(problems[0]?.details) + problems[0]?.message + problems[0]?.remedy).not.toContain(
      'hunter2',
    );
  });

  test('all mistakes of a file are found at once, in the order of the file', () => {
    const text =
      'nme: a\nmodel: {path: /m}\nserving: {timeout_ms: x}\nimage: {base: "a b", repository: "${R}/x"}\n';
    const { problems } = checkManifest(text, 'model.yaml', { environment: {} });
    expect(problems.map(({ code, details }) => `${code} ${details.at?.line} ${details.at?.path}`)).toEqual([
      'MANIFEST_MISSING 1 name',
      'MANIFEST_KEY_UNKNOWN 1 nme',
      'MANIFEST_INVALID 2 model.path',
      'MANIFEST_INVALID 3 serving.timeout_ms',
      'MANIFEST_INVALID 4 image.base',
      'MANIFEST_PLACEHOLDER_UNSET 4 image.repository',
    ]);
  });
});
