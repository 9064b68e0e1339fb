// Every form in which a model file can carry code: each is refused before any Python is started, and leaves nothing.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { createOutput } from '../../src/cli/output.ts';
import { runProgram } from '../../src/cli/program.ts';
import { calls, lineGlobal, pickle, stackGlobal, text, zip } from './pickle-bytes.ts';

const folder = mkdtempSync(join(tmpdir(), 'mdeploy-hostile-'));
const marker = join(folder, 'marker');
afterAll(() => rmSync(folder, { recursive: true }));
let count = 0;

/** Converts a file in a folder of its own, and tells what is in there afterwards. */
async function refused(files: Readonly<Record<string, Uint8Array | string>>, target = '') {
  const home = join(folder, String(count++));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(home, name, '..'), { recursive: true });
    writeFileSync(join(home, name), content);
  }
  const before = readdirSync(home);
  const streams = { stdout: { write: () => undefined }, stderr: { write: () => undefined } };
  const output = createOutput({ json: false, verbose: false, quiet: true, color: false }, streams);
  // A Python that cannot be started would be another error: none is looked for.
  const args = [join(home, target), '-o', join(home, 'out'), '--python', join(home, 'no-python')];
  const error: unknown = await runProgram(['convert', ...args], output, streams).catch(
    (caught: unknown) => caught,
  );
  return { error, isUntouched: readdirSync(home).join() === before.join() && !existsSync(marker) };
}

const shell = calls('os', 'system', `touch ${marker}`);
const evaluated = calls('builtins', 'eval', `__import__("os").system("touch ${marker}")`);
const svc = stackGlobal('sklearn.svm._classes', 'SVC');
const archive = (data: Buffer, name = 'm/data.pkl') =>
  zip([
    { name, content: data },
    { name: 'm/version', content: Buffer.from('3\n') },
  ]);

describe('a pickle that runs code is refused', () => {
  test.each<[string, Readonly<Record<string, Uint8Array | string>>, string]>([
    ['os.system', { 'model.pkl': shell }, 'os.system'],
    ['eval', { 'model.pkl': evaluated }, 'builtins.eval'],
    ['exec in protocol 0', { 'model.pkl': Buffer.from(`cbuiltins\nexec\n(S'x'\ntR.`) }, 'builtins.exec'],
    [
      'an instance in protocol 0',
      { 'model.pkl': Buffer.from(`(S'touch ${marker}'\nios\nsystem\n.`) },
      'os.system',
    ],
    [
      'in the state of an honest estimator',
      { 'model.pkl': pickle(svc, 0x29, 0x81, shell.subarray(2, -1), 0x62) },
      'os.system',
    ],
    [
      'nested in a list in a dict',
      { 'model.pkl': pickle(0x7d, text('a'), 0x5d, evaluated.subarray(2, -1), 0x61, 0x73) },
      'builtins.eval',
    ],
    [
      'behind an attribute of a module',
      { 'model.pkl': pickle(stackGlobal('sklearn.utils', 'os.system'), text('x'), 0x85, 0x52) },
      'sklearn.utils.os.system',
    ],
    [
      'a second pickle for later',
      { 'model.pkl': pickle(stackGlobal('pickle', 'loads'), text('x'), 0x85, 0x52) },
      'pickle.loads',
    ],
    ['disguised as PyTorch', { 'model.pt': shell }, 'os.system'],
    ['disguised as ONNX', { 'model.onnx': shell }, 'os.system'],
    ['in the zip archive of PyTorch', { 'model.pt': archive(shell) }, 'os.system'],
    [
      'deep in that archive',
      {
        'model.pth': archive(
          pickle(0x7d, text('state_dict'), lineGlobal('posix', 'system'), text('x'), 0x85, 0x52, 0x73),
        ),
      },
      'posix.system',
    ],
    ['packed as joblib does', { 'model.joblib': deflateSync(shell) }, 'os.system'],
    ['packed with gzip', { 'model.pkl.gz': gzipSync(evaluated) }, 'builtins.eval'],
  ])('%s', async (_, files, finding) => {
    const { error, isUntouched } = await refused(files, Object.keys(files)[0]);
    expect(error).toMatchObject({
      code: 'CONVERT_UNSAFE',
      exit: 1,
      message: expect.stringContaining(finding),
    });
    expect(isUntouched).toBe(true);
  });

  test.each<[string, Readonly<Record<string, Uint8Array | string>>]>([
    ['an MLflow folder', { MLmodel: 'flavors: {sklearn: {pickled_model: model.pkl}}', 'model.pkl': shell }],
    ['a Hugging Face folder', { 'config.json': '{}', 'pytorch_model.bin': archive(shell) }],
    ['a folder with one model', { 'model.joblib': evaluated, 'README.md': 'Harmless.' }],
  ])('in %s', async (_, files) => {
    const { error, isUntouched } = await refused(files);
    expect(error).toMatchObject({ code: 'CONVERT_UNSAFE' });
    expect(isUntouched).toBe(true);
  });
});

describe('bombs and pieces are refused', () => {
  const honest = pickle(svc, 0x29, 0x81, 0x7d, 0x62);
  test.each<[string, string, Uint8Array, string]>([
    ['a pickle that ends in the middle', 'model.pkl', honest.subarray(0, -4), 'CONVERT_DAMAGED'],
    ['a packed one that does', 'model.joblib', deflateSync(honest).subarray(0, -6), 'CONVERT_DAMAGED'],
    ['an archive that does', 'model.pt', archive(honest).subarray(0, -30), 'CONVERT_DAMAGED'],
    ['an archive that unpacks to more than it may', 'model.pt', bomb(), 'CONVERT_DAMAGED'],
    ['an empty file', 'model.pkl', Buffer.alloc(0), 'MODEL_EMPTY'],
  ])('%s', async (_, name, content, code) => {
    const { error, isUntouched } = await refused({ [name]: content }, name);
    expect(error).toMatchObject({ code });
    expect(isUntouched).toBe(true);
  });
});

// It says that its one entry unpacks to 2 GB.
function bomb(): Buffer {
  const made = archive(pickle(0x7d));
  made.writeUInt32LE(0x7fffffff, made.lastIndexOf('PK\x01\x02', -90) + 24);
  return made;
}
