import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isSafeGlobal } from '../../../src/convert/pickle/safe.ts';
import { scanPickle } from '../../../src/convert/pickle/scan.ts';
import { className } from '../../../src/convert/pickle/value.ts';
import { fixturePath, listCases } from '../../fixtures.ts';
import { calls, lineGlobal, pickle, stackGlobal, text } from '../pickle-bytes.ts';

const names = (bytes: Uint8Array) => scanPickle(bytes).globals.map(({ module, name }) => `${module}.${name}`);
const findings = (bytes: Uint8Array) =>
  scanPickle(bytes)
    .globals.filter((found) => !isSafeGlobal(found))
    .map(({ module, name }) => `${module}.${name}`);

describe('what a pickle would import', () => {
  test('by STACK_GLOBAL, GLOBAL and INST', () => {
    expect(names(calls('os', 'system', 'id'))).toEqual(['os.system']);
    expect(names(pickle(lineGlobal('posix', 'system'), text('id'), 0x85, 0x52))).toEqual(['posix.system']);
    expect(names(pickle(0x28, text('id'), 'ios\nsystem\n'))).toEqual(['os.system']);
  });

  test('also where the module name comes out of the memo', () => {
    const hidden = pickle(
      text('os'),
      0x94,
      0x30,
      text('x'),
      0x30,
      0x68,
      0,
      text('system'),
      0x93,
      text('id'),
      0x85,
      0x52,
    );
    expect(names(hidden)).toEqual(['os.system']);
  });

  test('also in the middle of a model, and inside an array of objects of joblib', () => {
    const nested = pickle(0x5d, 0x28, stackGlobal('builtins', 'eval'), text('1'), 0x85, 0x52, 0x65);
    expect(names(nested)).toEqual(['builtins.eval']);
    const wrapper = [stackGlobal('joblib.numpy_pickle', 'NumpyArrayWrapper'), 0x29, 0x81, 0x7d, 0x28];
    const dtype = [stackGlobal('numpy', 'dtype'), text('O8'), 0x85, 0x52];
    const state = [text('dtype'), ...dtype, text('shape'), 0x4b, 1, 0x85, 0x75, 0x62];
    const inner = calls('subprocess', 'Popen', 'id');
    expect(names(pickle(...wrapper, ...state, inner))).toContain('subprocess.Popen');
  });

  test('a stream that computes what it imports, or breaks off, is said to be broken', () => {
    expect(scanPickle(pickle(0x4b, 1, 0x4b, 2, 0x93)).broken).toBe('it computes what it imports');
    expect(scanPickle(calls('os', 'system', 'id').subarray(0, 12)).broken).toBe('it ends in the middle');
    expect(scanPickle(pickle(0xff)).broken).toContain('no opcode');
    expect(scanPickle(pickle(0x68, 9)).broken).toContain('memo 9');
    expect(scanPickle(pickle(0x82, 7)).globals).toEqual([
      { kind: 'global', module: 'copyreg', name: 'extension 7' },
    ]);
  });

  test('any bytes give an answer and never an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const scan = scanPickle(Buffer.concat([Buffer.from([0x80, 4]), bytes]));
        return (scan.broken === undefined) !== (scan.root === undefined);
      }),
    );
  });

  test('an import is found wherever it stands among honest opcodes', () => {
    const honest = fc.constantFrom(
      Buffer.from([0x4e]),
      Buffer.from([0x4b, 7]),
      text('os'),
      Buffer.from([0x5d]),
      Buffer.from([0x29, 0x94]),
    );
    fc.assert(
      fc.property(fc.array(honest), fc.array(honest), (before, after) => {
        const bytes = pickle(...before, stackGlobal('os', 'system'), 0x94, ...after);
        return findings(bytes).includes('os.system');
      }),
    );
  });
});

describe('the safe set', () => {
  test.each([
    ['os', 'system'],
    ['posix', 'system'],
    ['nt', 'system'],
    ['builtins', 'eval'],
    ['builtins', 'exec'],
    ['builtins', 'getattr'],
    ['__builtin__', '__import__'],
    ['subprocess', 'Popen'],
    ['sklearn.utils', 'os.system'],
    ['sklearn.datasets', 'fetch_openml'],
    ['sklearn', '_config.os.system'],
    ['sklearnx', 'Evil'],
    ['numpy', 'load'],
    ['sklearn.feature_selection._base', 'os'],
    ['numpy.testing._private.utils', 'runstring'],
    ['torch.hub', 'load'],
    ['torch', 'load'],
    ['joblib', 'load'],
    ['copyreg', 'extension 7'],
    ['functools', 'partial'],
    ['operator', 'attrgetter'],
    ['model_def', 'DigitsCNN'],
    ['pip._internal', 'main'],
  ])('%s.%s is not in it', (module, name) => {
    expect(isSafeGlobal({ kind: 'global', module, name })).toBe(false);
  });

  test.each([
    ['numpy.random.bit_generator', 'SeedSequence'],
    ['sklearn.tree._tree', 'Tree'],
    ['sklearn._loss._loss', '__pyx_unpickle_CyHalfBinomialLoss'],
    ['collections', 'OrderedDict'],
    ['torch._utils', '_rebuild_tensor_v2'],
    ['scipy.sparse._csr', 'csr_matrix'],
    ['numpy.ma', 'MaskedArray'],
    ['numpy', 'log1p'],
    ['pathlib', 'PosixPath'],
    ['sklearn.feature_selection._univariate_selection', 'f_classif'],
  ])('%s.%s is in it', (module, name) => {
    expect(isSafeGlobal({ kind: 'global', module, name })).toBe(true);
  });

  const pickles = listCases()
    .filter((name) => name.startsWith('sklearn/'))
    .map((name) => `${name}/model.pkl`);
  test.each(pickles)('%s needs nothing else', (path) => {
    const scan = scanPickle(readFileSync(fixturePath(path)));
    expect(scan.broken).toBeUndefined();
    expect(scan.globals.length).toBeGreaterThan(1);
    expect(scan.globals.filter((found) => !isSafeGlobal(found))).toEqual([]);
    expect(className(scan.root)).toMatch(/^sklearn\./);
  });
});
