import { closeSync, mkdtempSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { limits } from '../../src/onnx/limits.ts';
import { readModel, readModelBytes } from '../../src/onnx/read-model.ts';
import { codeOf, cpuSeconds, errorOf } from './codes.ts';
import {
  attribute,
  bareGraph,
  bytes,
  claim,
  graph,
  int,
  model,
  msg,
  node,
  type Part,
  str,
  varint,
} from './proto.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mdeploy-hostile-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = (...parts: readonly Part[]) => readModelBytes(bytes(parts), 'bomb.onnx');

describe('depth', () => {
  const nested = (depth: number, wrap: (inner: Uint8Array) => Uint8Array): Uint8Array => {
    let inner: Uint8Array = new Uint8Array(0);
    for (let i = 0; i < depth; i++) inner = wrap(inner);
    return inner;
  };

  it('refuses sub-graphs in sub-graphs', async () => {
    const bomb = nested(2_000, (inner) => node('If', attribute('then_branch', msg(6, inner))));
    const error = await errorOf(() => read(model(graph(bomb))));
    expect(error.code).toBe('MODEL_TOO_COMPLEX');
    expect(error.message).toContain('64');
  });

  it('reads twenty levels of sub-graphs', () => {
    const deep = nested(20, (inner) => node('If', attribute('then_branch', msg(6, inner))));
    expect(read(model(graph(deep))).nodeCount).toBe(20);
  });

  it('refuses sequences of sequences', async () => {
    const type = nested(5_000, (inner) => msg(4, msg(1, inner)));
    const input = msg(11, str(1, 'x'), msg(2, type));
    expect(await codeOf(() => read(model(bareGraph(input))))).toBe('MODEL_TOO_COMPLEX');
  });
});

describe('claims', () => {
  it.each([
    ['a graph', bytes(int(1, 8), claim(7, 100_000_000)), 'MODEL_TRUNCATED'],
    ['a metadata entry', bytes(int(1, 8), claim(14, 100_000_000)), 'MODEL_TRUNCATED'],
    ['an unknown field', bytes(int(1, 8), claim(99, 100_000_000)), 'MODEL_CORRUPT'],
    ['more than protobuf allows', bytes(int(1, 8), claim(7, 2 ** 40)), 'MODEL_CORRUPT'],
    ['a node in the graph', bytes(int(1, 8), bareGraph(claim(1, 100_000_000))), 'MODEL_CORRUPT'],
    ['raw data of a tensor', bytes(int(1, 8), bareGraph(msg(5, claim(9, 100_000_000)))), 'MODEL_CORRUPT'],
  ])('%s of 100 MB that is not there', async (_what, encoded, code) => {
    const before = process.memoryUsage().rss;
    expect(await codeOf(() => read(encoded))).toBe(code);
    expect(process.memoryUsage().rss - before).toBeLessThan(32e6);
  });

  it.each([
    ['no graph', bytes(int(1, 8), str(2, 'p')), /no graph/],
    ['no IR version', bytes(graph(), msg(8, str(1, ''), int(2, 17))), /no IR version/],
    ['no opset', bytes(int(1, 8), graph()), /no opset/],
    ['a group', bytes(int(1, 8), varint((7 << 3) | 3)), /wire type 3/],
    ['a field without a number', bytes(int(1, 8), Uint8Array.of(0)), /without a number/],
    ['a number without an end', bytes(Uint8Array.of(8), new Uint8Array(12).fill(0xff)), /does not end/],
    ['a number that is cut off', bytes(int(1, 8), Uint8Array.of(5 << 3, 0x80)), /does not end|cut off/],
    ['fixed bytes that are cut off', bytes(int(1, 8), varint((30 << 3) | 5), Uint8Array.of(1)), /cut off/],
  ])('refuses %s', async (_what, encoded, message) => {
    const error = await errorOf(() => read(encoded));
    expect(error.code).toBe('MODEL_CORRUPT');
    expect(error.message).toMatch(message);
    expect(error.details.at?.path).toMatch(/^byte \d+$/);
  });
});

describe('amounts', () => {
  const repeat = (part: Uint8Array, count: number): Uint8Array =>
    Buffer.alloc(part.length * count, Buffer.from(part));

  it('refuses too many nodes, in bounded time and memory', async () => {
    const nodes = repeat(node('R'), limits.nodes + 1);
    const started = cpuSeconds();
    const error = await errorOf(() => read(model(bareGraph(nodes))));
    expect(error.code).toBe('MODEL_TOO_COMPLEX');
    expect(error.message).toContain('number of nodes');
    expect(cpuSeconds() - started).toBeLessThan(5);
  });

  it('refuses too many fields', async () => {
    const pair = bytes(int(30, 1), int(31, 1));
    const error = await errorOf(() => read(int(1, 8), repeat(pair, limits.fields / 2)));
    expect(error.code).toBe('MODEL_TOO_COMPLEX');
    expect(error.message).toContain('number of fields');
  });

  it('refuses a name of more than 64 KiB', async () => {
    const error = await errorOf(() => read(model(graph(node('x'.repeat(limits.nameBytes + 1))))));
    expect(error.code).toBe('MODEL_TOO_COMPLEX');
    expect(error.message).toContain('a text of 65537 bytes');
  });

  it('refuses more names than fit the memory it may use', async () => {
    const many = Array.from({ length: 300_000 }, (_, i) => node(`operator_with_a_long_name_${i}`));
    const error = await errorOf(() => read(model(bareGraph(many))));
    expect(error.code).toBe('MODEL_TOO_COMPLEX');
    expect(error.message).toContain('names and texts');
  });

  it('skips the lists of a tree ensemble without counting each element', () => {
    const floats = repeat(Uint8Array.of((7 << 3) | 5, 0, 0, 0x80, 0x3f), 10_000_000);
    const ints = repeat(Uint8Array.of(8 << 3, 0xe8, 7), 15_000_000);
    const encoded = model(graph(node('TreeEnsembleRegressor', attribute('a', floats), attribute('b', ints))));
    const started = cpuSeconds();
    expect(readModelBytes(encoded, 'forest.onnx').nodeCount).toBe(1);
    expect(cpuSeconds() - started).toBeLessThan(2);
  });

  it('reads a file of almost 2 GiB of weights without reading the weights', async () => {
    const path = join(folder, 'large.onnx');
    const weights = 2 ** 31 - 4096;
    const tensor = bytes(int(1, weights), int(2, 2), str(8, 'w'));
    const tensorLength = tensor.length + 1 + varint(weights).length + weights;
    const start = bytes(
      int(1, 8),
      claim(7, 1 + varint(tensorLength).length + tensorLength),
      claim(5, tensorLength),
      tensor,
      claim(9, weights),
    );
    const file = openSync(path, 'w');
    writeSync(file, start, 0, start.length, 0);
    const end = bytes(msg(8, str(1, ''), int(2, 17)));
    writeSync(file, end, 0, end.length, start.length + weights);
    closeSync(file);
    const before = process.memoryUsage().rss;
    const { parameterCount, fileBytes } = await readModel(path);
    expect(parameterCount).toBe(weights);
    expect(fileBytes).toBe(start.length + weights + end.length);
    expect(process.memoryUsage().rss - before).toBeLessThan(16e6);
    truncateSync(path, 2 ** 31);
    expect(await codeOf(() => readModel(path))).toBe('MODEL_TOO_LARGE');
  });
});
