import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { MdeployError } from '../../src/core/errors/error.ts';
import { checkManifest, loadManifest } from '../../src/manifest/check.ts';
import { DEFAULT_BASE_IMAGE } from '../../src/manifest/defaults.ts';

const folder = mkdtempSync(join(tmpdir(), 'mdeploy-check-'));
afterAll(() => rm(folder, { recursive: true }));

const least = 'name: a\nmodel: {path: m.onnx}\n';

function draftOf(text: string, environment: Record<string, string> = {}) {
  const { draft, problems } = checkManifest(text, 'model.yaml', { environment });
  expect(problems.map(({ message }) => message)).toEqual([]);
  return draft!;
}

async function refusal(file: string): Promise<MdeployError> {
  return loadManifest(file).then(
    () => expect.fail('it was accepted'),
    (error: MdeployError) => error,
  );
}

describe('defaults', () => {
  test('name and model.path are enough', () => {
    expect(draftOf(least)).toEqual({
      schema_version: 1,
      name: 'a',
      version: '1',
      description: '',
      model: { path: 'm.onnx', format: 'onnx' },
      inputs: [],
      outputs: [],
      preprocess: [],
      postprocess: [],
      samples: [],
      serving: {
        protocols: ['plain', 'tfs', 'v2', 'torchserve', 'sagemaker', 'vertex'],
        max_body_size: 64 * 1024 ** 2,
        timeout_ms: 30_000,
        queue: { max_size: 512, timeout_ms: 1000 },
        warmup: 'samples',
        drain_timeout_ms: 10_000,
      },
      runtime: {
        providers: ['cpu'],
        intra_op_threads: 'auto',
        accelerator: 'none',
        probe: { timeout_ms: 60_000, max_memory: 4 * 1024 ** 3 },
      },
      image: { base: DEFAULT_BASE_IMAGE, platforms: ['linux/amd64'], env: {}, labels: {} },
      variants: [],
    });
  });

  test('a sample has its tolerance', () => {
    const { samples } = draftOf(`${least}samples: [{inputs: a.json, outputs: b, tolerance: {rtol: 0.01}}]`);
    expect(samples).toEqual([{ inputs: 'a.json', outputs: 'b', tolerance: { rtol: 0.01, atol: 1e-5 } }]);
  });
});

describe('spellings', () => {
  test.each([
    ['float32', 'FP32'],
    ['TYPE_FP32', 'FP32'],
    ['DT_FLOAT', 'FP32'],
    ['tensor(float)', 'FP32'],
    ['fp32', 'FP32'],
    ['torch.float16', 'FP16'],
    ['half', 'FP16'],
    ['tensor(double)', 'FP64'],
    ['np.int64', 'INT64'],
    ['DT_STRING', 'BYTES'],
    ['string', 'BYTES'],
    ['TYPE_BOOL', 'BOOL'],
    ['DT_UINT8', 'UINT8'],
    ['tensor(int32)', 'INT32'],
  ])('datatype %s is %s', (written, datatype) => {
    expect(draftOf(`${least}inputs: [{name: x, datatype: "${written}"}]`).inputs[0]?.datatype).toBe(datatype);
  });

  test('an axis of any length is a name, -1, null, nothing or ?', () => {
    const { inputs } = draftOf(`${least}inputs: [{name: x, shape: [batch, -1, null, "?", ~, 4, 0]}]`);
    expect(inputs[0]?.shape).toEqual(['batch', '', '', '', '', 4, 0]);
  });

  test('steps are names or pairs', () => {
    const { preprocess, postprocess } = draftOf(
      `${least}preprocess: [{decode_image: {mode: gray}}, {resize: [8, 8]}]\npostprocess: [softmax, {top_k: 3}]`,
    );
    expect(preprocess).toEqual([
      { name: 'decode_image', options: { mode: 'gray' } },
      { name: 'resize', options: [8, 8] },
    ]);
    expect(postprocess).toEqual([
      { name: 'softmax', options: null },
      { name: 'top_k', options: 3 },
    ]);
  });

  test.each([
    ['1048576', 1048576],
    ['1MiB', 1048576],
    ['"2 MB"', 2_000_000],
    ['1.5KiB', 1536],
  ])('size %s', (written, bytes) => {
    expect(draftOf(`${least}serving: {max_body_size: ${written}}`).serving.max_body_size).toBe(bytes);
  });

  test('versions and labels that YAML reads as numbers are texts', () => {
    const draft = draftOf(`${least}version: 3\noutputs: [{name: y, labels: [0, 1, two]}]`);
    expect(draft.version).toBe('3');
    expect(draft.outputs[0]?.labels).toEqual(['0', '1', 'two']);
  });

  test('a leading ./ of a path is dropped', () => {
    expect(draftOf('name: a\nmodel: {path: ./sub/m.onnx}').model.path).toBe('sub/m.onnx');
  });

  test('names such as constructor are plain names', () => {
    const draft = draftOf(
      'name: constructor\nmodel: {path: m.onnx}\nimage: {env: {constructor: x, toString: y}}\ninputs: [{name: __proto__}]',
    );
    expect(Object.entries(draft.image.env)).toEqual([
      ['constructor', 'x'],
      ['toString', 'y'],
    ]);
    expect(draft.inputs[0]?.name).toBe('__proto__');
  });
});

describe('placeholders', () => {
  const image = (line: string) => `${least}image:\n  ${line}\n`;

  test('are filled in from the environment, with defaults', () => {
    const text = image('repository: "${REGISTRY}/${TEAM:-ml}/iris"');
    expect(draftOf(text, { REGISTRY: 'reg.example' }).image.repository).toBe('reg.example/ml/iris');
    expect(draftOf(text, { REGISTRY: 'r.io', TEAM: 'x' }).image.repository).toBe('r.io/x/iris');
    expect(draftOf(image('base: "${BASE:-node:26}"')).image.base).toBe('node:26');
  });

  test('an empty variable counts as not set', () => {
    expect(draftOf(image('base: "${BASE:-node:26}"'), { BASE: '' }).image.base).toBe('node:26');
  });

  test('what comes from the environment must fit the grammar too', () => {
    const hostile = { BASE: 'node:26\nRUN id', REG: '${X}', P: '../x' };
    for (const line of ['base: "${BASE}"', 'repository: "${REG}/a"', 'repository: "${P}/a"']) {
      const { problems } = checkManifest(image(line), 'f', { environment: hostile });
      expect(problems.map(({ code }) => code)).toEqual(['MANIFEST_INVALID']);
    }
  });

  test('names of the prototype are not variables', () => {
    const { problems } = checkManifest(image('base: "${constructor}"'), 'f', { environment: {} });
    expect(problems.map(({ code }) => code)).toEqual(['MANIFEST_PLACEHOLDER_UNSET']);
  });
});

describe('secrets', () => {
  const codes = (name: string, value: string) =>
    checkManifest(`${least}image: {env: {${name}: "${value}"}}`, 'f').problems.map(({ code }) => code);

  test.each([
    'DB_PASSWORD',
    'dbPassword',
    'DBPASSWORD',
    'API_KEY',
    'apiKey',
    'APIKEY',
    'AUTH_TOKEN',
    'CLIENT_SECRET',
    'AWS_SECRET_ACCESS_KEY',
    'KEY',
    'PASSPHRASE',
  ])('%s is the name of one', (name) => {
    expect(codes(name, 'x')).toEqual(['MANIFEST_SECRET']);
    expect(codes(name, '')).toEqual([]);
  });

  test.each(['TOKENIZERS_PARALLELISM', 'MAX_TOKENS', 'KEYBOARD', 'MONKEY', 'OMP_NUM_THREADS', 'SECRETARY'])(
    '%s is none',
    (name) => {
      expect(codes(name, 'x')).toEqual([]);
    },
  );

  test.each([
    'AKIAABCDEFGHIJKLMNOP',
    '-----BEGIN RSA PRIVATE KEY',
    'postgres://user:pw@db/x',
    'hf_abcdefghijklmnopqrstuvwxyz',
    'glpat-abcdefghijklmnop1234',
    'sk-abcdefghijklmnopqrstuvwx',
    'xoxb-1234567890-abc',
    'eyJhbGciOiJI.eyJzdWIiOiIx.abc',
  ])('%s has the form of one', (value) => {
    expect(codes('X', value)).toEqual(['MANIFEST_SECRET']);
  });
});

describe('warnings come with success', () => {
  test.each([
    ['image: {base: node}', 'may change at any time'],
    ['image: {base: "node:latest"}', 'may change at any time'],
    ['serving: {timeout_ms: 10}', 'queue.timeout_ms is longer'],
  ])('%s', (line, part) => {
    const { draft, warnings } = checkManifest(least + line, 'f');
    expect(draft).toBeDefined();
    expect(warnings).toEqual([expect.stringContaining(part)]);
  });

  test('a pinned base has none', () => {
    const { warnings } = checkManifest(`${least}image: {base: "node@sha256:${'a'.repeat(64)}"}`, 'f');
    expect(warnings).toEqual([]);
  });
});

describe('loadManifest', () => {
  const write = (name: string, content: string | Uint8Array) => {
    const file = join(folder, name);
    writeFileSync(file, content);
    return file;
  };

  test('reads a file, with or without a byte order mark', async () => {
    expect((await loadManifest(write('a.yaml', least))).draft.name).toBe('a');
    expect((await loadManifest(write('b.yaml', `\ufeff${least}`))).draft.name).toBe('a');
  });

  test('throws the first problem, which carries the others', async () => {
    const error = await refusal(write('c.yaml', 'name: a b\nmodel: {path: /m}\nserving: {timeout_ms: x}\n'));
    expect(error).toMatchObject({
      code: 'MANIFEST_INVALID',
      exit: 2,
      details: { at: { line: 1, column: 7 } },
    });
    expect(error.details.others?.map(({ details }) => details.at?.path)).toEqual([
      'model.path',
      'serving.timeout_ms',
    ]);
  });

  test('a lone problem carries none', async () => {
    const error = await refusal(write('d.yaml', 'name: a b\nmodel: {path: m.onnx}\n'));
    expect(error.details.others).toBeUndefined();
  });

  test.each([
    ['a missing file', 'FILE_UNREADABLE', () => join(folder, 'none.yaml')],
    ['a folder', 'FILE_UNREADABLE', () => folder],
    [
      'a pipe that nobody writes to',
      'FILE_UNREADABLE',
      () => {
        execFileSync('mkfifo', [join(folder, 'pipe.yaml')]);
        return join(folder, 'pipe.yaml');
      },
    ],
    [
      'bytes that are no UTF-8',
      'MANIFEST_SYNTAX',
      () => write('e.yaml', new Uint8Array([0x61, 0x3a, 0x20, 0xff])),
    ],
    ['10 MB', 'MANIFEST_TOO_LARGE', () => write('f.yaml', 'é'.repeat(5_000_000))],
    ['an empty file', 'MANIFEST_INVALID', () => write('g.yaml', '')],
    [
      'a model instead',
      'MANIFEST_SYNTAX',
      () => write('h.yaml', new Uint8Array([8, 7, 0x12, 0xc3, 0x28, 0, 0])),
    ],
  ])('%s is %s', async (_, code, file) => {
    const path = file();
    const error = await refusal(path);
    expect(error.code).toBe(code);
    expect(error.details.at?.file).toBe(path);
  });

  test.each([
    ['latin1', Buffer.from('name: a\ndescription: "caf\xe9"\n', 'latin1'), 2, 18],
    ['UTF-16', Buffer.from('\ufeffname: a\n', 'utf16le'), 1, 1],
  ])('a file in %s is told where it stops being UTF-8', async (what, bytes, line, column) => {
    const file = write(`${what}.yaml`, bytes);
    const error = await refusal(file);
    expect(error.remedy).toBe('Save the file as UTF-8.');
    expect(error.details).toMatchObject({ at: { file, line, column }, expected: 'UTF-8' });
    expect(error.details.received).toBe(what === 'UTF-16' ? 'UTF-16' : 'bytes that are no UTF-8');
  });

  test('a file that is too large is not measured wrongly: only its beginning was read', async () => {
    const error = await refusal(write('big.yaml', `# ${'x'.repeat(1_000_000)}\n${least}`));
    expect(error.message).toBe('The manifest is larger than 262.1 kB.');
  });
});
