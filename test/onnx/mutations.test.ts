import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MdeployError } from '../../src/core/errors/error.ts';
import type { OnnxModel } from '../../src/onnx/model.ts';
import { readModelBytes } from '../../src/onnx/read-model.ts';
import { signatureOf } from '../../src/onnx/signature.ts';
import { removeZipMaps } from '../../src/onnx/zipmap.ts';
import { fixturePath } from '../fixtures.ts';
import { cpuSeconds } from './codes.ts';
import { bareGraph, bytes, int, model, msg } from './proto.ts';

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
      { numRuns: 1_000 },
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
      { numRuns: 1_000 },
    );
  });
});
