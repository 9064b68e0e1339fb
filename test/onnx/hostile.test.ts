import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MdeployError } from '../../src/core/errors/error.ts';
import { limits } from '../../src/onnx/limits.ts';
import type { OnnxModel } from '../../src/onnx/model.ts';
import { readModel, readModelBytes } from '../../src/onnx/read-model.ts';
import { signatureOf } from '../../src/onnx/signature.ts';
import { removeZipMaps } from '../../src/onnx/zipmap.ts';
import { fixturePath } from '../fixtures.ts';
import { codeOf, errorOf } from './codes.ts';
import {
  attribute,
  bareGraph,
  bytes,
  claim,
  graph,
  int,
  localFunction,
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

/** Of this process, so that a busy machine does not count. */
function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

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

describe('model-local functions', () => {
  const call = (name: string): Uint8Array => graph(node(name, str(7, 'local')));
  const chain = (length: number): Uint8Array[] =>
    Array.from({ length }, (_, i) => localFunction(`f${i}`, i + 1 < length ? `f${i + 1}` : 'Relu'));

  it('refuses the chain of 3,000 that kills the runtime', async () => {
    const error = await errorOf(() => read(model(call('f0'), ...chain(3_000))));
    expect(error.code).toBe('MODEL_FUNCTION_DEPTH');
    expect(error.message).toContain('3000 levels deep, from local.f0');
  });

  it('takes 64 levels and refuses 65', async () => {
    expect(read(model(call('f0'), ...chain(64))).functionCount).toBe(64);
    expect(await codeOf(() => read(model(call('f0'), ...chain(65))))).toBe('MODEL_FUNCTION_DEPTH');
  });

  it('measures a chain of 40,000 without a stack of its own depth', async () => {
    expect(await codeOf(() => read(model(call('f0'), ...chain(40_000))))).toBe('MODEL_FUNCTION_DEPTH');
  });

  it.each([
    ['itself', [localFunction('f', 'f')]],
    ['itself through another', [localFunction('f', 'g'), localFunction('g', 'f')]],
  ])('refuses a function that calls %s', async (_what, functions) => {
    const error = await errorOf(() => read(model(call('f'), ...functions)));
    expect(error.code).toBe('MODEL_FUNCTION_RECURSIVE');
    expect(error.message).toMatch(/local\.[fg] calls itself/);
  });

  it('sees calls in sub-graphs of functions', async () => {
    const hidden = msg(
      25,
      str(1, 'f'),
      msg(7, str(4, 'If'), attribute('then_branch', msg(6, node('f', str(7, 'local'))))),
      str(10, 'local'),
    );
    expect(await codeOf(() => read(model(call('f'), hidden)))).toBe('MODEL_FUNCTION_RECURSIVE');
  });

  it('refuses functions that double at every level', async () => {
    const doubling = Array.from({ length: 40 }, (_, i) => localFunction(`f${i}`, `f${i + 1}`, `f${i + 1}`));
    const error = await errorOf(() => read(model(call('f0'), ...doubling)));
    expect(error.code).toBe('MODEL_TOO_COMPLEX');
    expect(error.message).toContain('after inlining');
  });

  it('takes a diamond of calls, which is no recursion', () => {
    const diamond = [
      localFunction('a', 'b', 'c'),
      localFunction('b', 'd'),
      localFunction('c', 'd'),
      localFunction('d'),
    ];
    expect(read(model(call('a'), ...diamond)).functionCount).toBe(4);
  });
});

describe('mutations of real models', () => {
  const originals = [
    'sklearn/iris_logreg/model_zipmap.onnx',
    'traits/external_data/model.onnx',
    'torch/digits_cnn/model.onnx',
    'tf/two_in_two_out/model.onnx',
    'perf/squeezenet/model.onnx',
  ].map((file) => readFileSync(fixturePath(file)));

  const survive = (encoded: Uint8Array): void => {
    const started = cpuSeconds();
    try {
      const read = readModelBytes(encoded, 'mutant.onnx');
      signatureOf(read);
      removeZipMaps(encoded, read);
    } catch (error) {
      if (!(error instanceof MdeployError)) throw error;
      expect(error.code).not.toBe('INTERNAL');
    }
    expect(cpuSeconds() - started).toBeLessThan(1);
  };

  const tryRead = (encoded: Uint8Array): OnnxModel | undefined => {
    try {
      return readModelBytes(encoded, 'cut.onnx');
    } catch (error) {
      expect(error).toBeInstanceOf(MdeployError);
      return undefined;
    }
  };

  const anyModel = fc.constantFrom(...originals);

  it('changed bytes throw nothing but MdeployError, and quickly', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 20 });
    const before = process.memoryUsage().rss;
    fc.assert(
      fc.property(anyModel, changes, (original, list) => {
        const mutant = Uint8Array.from(original);
        for (const [at, byte] of list) mutant[at % mutant.length] = byte;
        survive(mutant);
      }),
      { numRuns: 3_000 },
    );
    expect(process.memoryUsage().rss - before).toBeLessThan(128e6);
  });

  // Fields behind the graph may be missing unnoticed: protobuf marks no end of a file.
  it('a cut-off file is refused unless the whole graph is there', () => {
    fc.assert(
      fc.property(anyModel, fc.nat(), (original, at) => {
        const cut = original.subarray(0, at % original.length);
        survive(cut);
        const found = tryRead(cut);
        if (found) expect(found.nodeCount).toBe(readModelBytes(original, 'whole.onnx').nodeCount);
      }),
      { numRuns: 1_000 },
    );
  });

  it('pieces moved about, doubled or removed throw nothing else', () => {
    fc.assert(
      fc.property(anyModel, fc.nat(), fc.nat(), fc.nat(200), (original, from, to, length) => {
        const piece = original.subarray(from % original.length, (from % original.length) + length);
        const at = to % original.length;
        survive(Buffer.concat([original.subarray(0, at), piece, original.subarray(at)]));
        survive(Buffer.concat([original.subarray(0, at), original.subarray(at + length)]));
      }),
      { numRuns: 1_000 },
    );
  });

  it('random bytes behind a sound start throw nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (noise) => {
        survive(noise);
        survive(bytes(int(1, 8), noise));
        survive(model(bareGraph(noise)));
        survive(model(bareGraph(msg(1, noise))));
      }),
      { numRuns: 2_000 },
    );
  });
});
