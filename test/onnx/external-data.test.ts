import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MdeployError } from '../../src/core/errors/error.ts';
import { checkExternalData } from '../../src/onnx/external-data.ts';
import { readModelBytes } from '../../src/onnx/read-model.ts';
import { codeOf, errorOf } from './codes.ts';
import {
  attribute,
  bytes,
  externalTensor,
  graph,
  int,
  model,
  msg,
  node,
  nodeBody,
  type Part,
  str,
} from './proto.ts';

let folder: string;
let outside: string;

beforeAll(() => {
  outside = mkdtempSync(join(tmpdir(), 'mdeploy-external-'));
  folder = join(outside, 'model');
  mkdirSync(join(folder, 'sub'), { recursive: true });
  writeFileSync(join(outside, 'secret.bin'), 'abcdefgh');
  writeFileSync(join(folder, 'w.bin'), Buffer.alloc(16));
  writeFileSync(join(folder, 'sub', 'v.bin'), Buffer.alloc(4));
  symlinkSync(join(outside, 'secret.bin'), join(folder, 'symlink.bin'));
  symlinkSync(outside, join(folder, 'linked'));
  linkSync(join(outside, 'secret.bin'), join(folder, 'hardlink.bin'));
});

afterAll(() => rmSync(outside, { recursive: true, force: true }));

function check(...parts: readonly Part[]): Promise<string[]> {
  const read = readModelBytes(model(...parts), 'hostile.onnx');
  return checkExternalData(read, join(folder, 'model.onnx'));
}

function refused(...parts: readonly Part[]): Promise<MdeployError> {
  return errorOf(() => check(...parts));
}

/** Where in a file a TensorProto can hang, and what errors call the place. */
const positions: Readonly<Record<string, readonly [path: string, build: (tensor: Uint8Array) => Part]>> = {
  initializer: ['graph.initializer', (t) => graph(msg(5, t))],
  'sparse initializer values': ['graph.sparse_initializer.values', (t) => graph(msg(15, msg(1, t)))],
  'sparse initializer indices': ['graph.sparse_initializer.indices', (t) => graph(msg(15, msg(2, t)))],
  'attribute t': [
    'graph.node[0].attribute.value',
    (t) => graph(node('Constant', attribute('value', msg(5, t)))),
  ],
  'attribute tensors': [
    'graph.node[1].attribute.many[0]',
    (t) => graph(node('Relu'), node('Custom', attribute('many', msg(10, t)))),
  ],
  'attribute sparse_tensor': [
    'graph.node[0].attribute.sparse_value.values',
    (t) => graph(node('Constant', attribute('sparse_value', msg(22, msg(1, t))))),
  ],
  'attribute sparse_tensors': [
    'graph.node[0].attribute.list[0].indices',
    (t) => graph(node('Custom', attribute('list', msg(23, msg(2, t))))),
  ],
  'sub-graph g': [
    'graph.node[0].attribute.then_branch.initializer',
    (t) => graph(node('If', attribute('then_branch', msg(6, msg(5, t))))),
  ],
  'sub-graph graphs': [
    'graph.node[0].attribute.bodies[0].node[0].attribute.value',
    (t) =>
      graph(node('Custom', attribute('bodies', msg(11, node('Constant', attribute('value', msg(5, t))))))),
  ],
  'function node': [
    'functions[0].node[0].attribute.value',
    (t) => [
      graph(),
      msg(25, str(1, 'f'), msg(7, nodeBody('Constant', attribute('value', msg(5, t)))), str(10, 'local')),
    ],
  ],
  'function attribute default': [
    'functions[0].attribute_proto.bias',
    (t) => [graph(), msg(25, str(1, 'f'), msg(11, str(1, 'bias'), msg(5, t)), str(10, 'local'))],
  ],
  'training initialization': [
    'training_info.initialization.initializer',
    (t) => [graph(), msg(20, msg(1, msg(5, t)))],
  ],
  'training algorithm': ['training_info.algorithm.initializer', (t) => [graph(), msg(20, msg(2, msg(5, t)))]],
};

const escapes: readonly (readonly [what: string, location: string, code: string])[] = [
  ['a parent folder', '../secret.bin', 'EXTERNAL_DATA_ESCAPE'],
  ['a parent folder behind a folder', 'sub/../../secret.bin', 'EXTERNAL_DATA_ESCAPE'],
  ['an absolute path', '/etc/hostname', 'EXTERNAL_DATA_ESCAPE'],
  ['a drive letter', 'C:/secret.bin', 'EXTERNAL_DATA_ESCAPE'],
  ['backslashes', '..\\secret.bin', 'EXTERNAL_DATA_ESCAPE'],
  ['a NUL byte', 'w.bin\0.png', 'EXTERNAL_DATA_ESCAPE'],
  ['an address in the memory of the runtime', '*/_ORT_MEM_ADDR_/*', 'EXTERNAL_DATA_ESCAPE'],
  ['the folder itself', './', 'EXTERNAL_DATA_ESCAPE'],
  ['a symbolic link', 'symlink.bin', 'EXTERNAL_DATA_LINK'],
  ['a folder that is a symbolic link', 'linked/secret.bin', 'EXTERNAL_DATA_LINK'],
  ['a hard link', 'hardlink.bin', 'EXTERNAL_DATA_LINK'],
  ['a folder', 'sub', 'EXTERNAL_DATA_LINK'],
  ['a missing file', 'gone.bin', 'EXTERNAL_DATA_MISSING'],
  ['a file used as a folder', 'w.bin/x', 'EXTERNAL_DATA_MISSING'],
];

describe.each(Object.entries(positions))('external data in %s', (_name, [path, build]) => {
  it('is found, and its file returned', async () => {
    expect(await check(build(externalTensor('t', 'w.bin')))).toEqual(['w.bin']);
  });

  it.each(escapes)('is refused when it points at %s', async (_what, location, code) => {
    const error = await refused(build(externalTensor('weights', location)));
    expect(error.code).toBe(code);
    expect(error.message).toContain('"weights"');
    expect(error.message).toContain('hostile.onnx');
    expect(error.details.at?.path).toBe(path);
  });

  it('is refused when it needs more bytes than the file has', async () => {
    const error = await refused(build(externalTensor('t', 'w.bin', { offset: '8', length: '9' })));
    expect(error.code).toBe('EXTERNAL_DATA_RANGE');
    expect(error.message).toContain('bytes 8 to 17 of w.bin, which has 16 bytes');
  });
});

describe('external data', () => {
  it('returns each file once, sorted, with forward slashes and without dots', async () => {
    const tensors = ['w.bin', 'sub/v.bin', './w.bin', 'sub//v.bin'].map((location) =>
      msg(5, externalTensor(location, location)),
    );
    expect(await check(graph(...tensors))).toEqual(['sub/v.bin', 'w.bin']);
  });

  it('takes an offset at the end of the file, but not behind it', async () => {
    expect(await check(graph(msg(5, externalTensor('t', 'w.bin', { offset: '16' }))))).toEqual(['w.bin']);
    const error = await refused(graph(msg(5, externalTensor('t', 'w.bin', { offset: '17' }))));
    expect(error.message).toContain('bytes 17 to the end');
  });

  it.each([
    ['-1', 'its offset is "-1"'],
    ['1e3', 'its offset is "1e3"'],
    ['', 'its offset is ""'],
    ['99999999999999999999', 'its offset is "99999999999999999999"'],
  ])('refuses the offset "%s"', async (offset, reason) => {
    const error = await refused(graph(msg(5, externalTensor('t', 'w.bin', { offset }))));
    expect(error.code).toBe('EXTERNAL_DATA_INVALID');
    expect(error.message).toContain(reason);
  });

  it('refuses a second location, which another parser might take', async () => {
    const error = await refused(graph(msg(5, externalTensor('t', 'w.bin', { location: '../secret.bin' }))));
    expect(error.code).toBe('EXTERNAL_DATA_INVALID');
  });

  it('refuses a tensor split over two fields, which parsers merge', async () => {
    const flag = int(14, 1);
    const entry = msg(13, str(1, 'location'), str(2, '../secret.bin'));
    const split = attribute('value', msg(5, bytes(flag)), msg(5, bytes(entry)));
    expect(await codeOf(() => check(graph(node('Constant', split))))).toBe('EXTERNAL_DATA_INVALID');
    const reversed = attribute('value', msg(5, bytes(entry)), msg(5, bytes(flag)));
    expect(await codeOf(() => check(graph(node('Constant', reversed))))).toBe('EXTERNAL_DATA_INVALID');
  });

  it('lets a tensor be whose data is inside the model', async () => {
    const inside = bytes(int(1, 1), int(2, 1), str(8, 'w'), str(9, Uint8Array.of(0, 0, 0, 0)), int(14, 0));
    expect(await check(graph(msg(5, inside)))).toEqual([]);
  });
});
