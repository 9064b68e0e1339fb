import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readModelBytes } from '../../src/onnx/read-model.ts';
import { signatureOf } from '../../src/onnx/signature.ts';
import { removeZipMaps } from '../../src/onnx/zipmap.ts';
import { fixturePath } from '../fixtures.ts';
import { errorOf } from './codes.ts';
import { attribute, bareGraph, bytes, floatValue, int, model, msg, str, tensorType, value } from './proto.ts';

const files = [
  'boosted/catboost_iris/model.onnx',
  'sklearn/iris_logreg/model_zipmap.onnx',
  'traits/zipmap_string_keys/model.onnx',
];

const ofMaps = msg(4, msg(1, msg(5, int(1, 7), msg(2, msg(1, int(1, 1))))));
const zipMapNode = (...attributes: Uint8Array[]): Uint8Array =>
  msg(1, str(1, 'p'), str(2, 'scores'), str(3, 'zip'), str(4, 'ZipMap'), attributes, str(7, 'ai.onnx.ml'));
const withZipMap = (...parts: Uint8Array[]): Uint8Array =>
  model(bareGraph(parts, msg(11, floatValue('p')), msg(12, value('scores', ofMaps))));

describe('removeZipMaps', () => {
  it.each(files)('%s: the rewritten model has the signature promised for the original', (file) => {
    const original = readFileSync(fixturePath(file));
    const read = readModelBytes(original, file);
    const rewritten = readModelBytes(removeZipMaps(original, read), file);
    expect(signatureOf(rewritten)).toEqual(signatureOf(read));
    expect(rewritten.zipMaps).toEqual([]);
    expect(rewritten.operators.map(({ name }) => name)).toContain('Identity');
    expect(rewritten.operators.map(({ name }) => name)).not.toContain('ZipMap');
    expect(rewritten.nodeCount).toBe(read.nodeCount);
    expect([...rewritten.metadata]).toEqual([...read.metadata]);
  });

  it('leaves the bytes given alone, and returns them when there is nothing to do', () => {
    const zipped = readFileSync(fixturePath(files[1]!));
    const before = Buffer.from(zipped);
    removeZipMaps(zipped, readModelBytes(zipped, 'm'));
    expect(zipped.equals(before)).toBe(true);
    const plain = readFileSync(fixturePath('sklearn/iris_logreg/model.onnx'));
    expect(removeZipMaps(plain, readModelBytes(plain, 'm'))).toBe(plain);
  });

  it('adds the default opset where only ai.onnx.ml is imported', () => {
    const catboost = readFileSync(fixturePath(files[0]!));
    const read = readModelBytes(catboost, 'm');
    expect(read.opsets.map(({ domain }) => domain)).toEqual(['ai.onnx.ml']);
    const rewritten = readModelBytes(removeZipMaps(catboost, read), 'm');
    expect(rewritten.opsets).toContainEqual({ domain: 'ai.onnx', version: 13 });
  });

  it('reads labels whichever way they are written', () => {
    const plain = withZipMap(zipMapNode(attribute('classlabels_int64s', int(8, -5), int(8, 2n ** 60n))));
    expect(readModelBytes(plain, 'm').zipMaps[0]).toMatchObject({
      labels: ['-5', '1152921504606846976'],
      labelType: 'INT64',
    });
    const packed = withZipMap(zipMapNode(attribute('classlabels_int64s', str(8, Uint8Array.of(1, 2, 3)))));
    expect(readModelBytes(packed, 'm').zipMaps[0]?.labels).toEqual(['1', '2', '3']);
    const strings = withZipMap(
      zipMapNode(attribute('classlabels_strings', str(9, 'Katze'), str(9, 'Hündin'))),
    );
    expect(readModelBytes(strings, 'm').zipMaps[0]).toMatchObject({
      labels: ['Katze', 'Hündin'],
      labelType: 'BYTES',
    });
  });

  it('drops the value_info that still calls the output a map', () => {
    const encoded = withZipMap(zipMapNode(), msg(13, value('scores', ofMaps)), msg(13, floatValue('other')));
    const rewritten = Buffer.from(removeZipMaps(encoded, readModelBytes(encoded, 'm')));
    expect(rewritten.includes(Buffer.from(ofMaps))).toBe(false);
    expect(rewritten.includes(Buffer.from(floatValue('other')))).toBe(true);
  });

  it('leaves the number of classes open where ZipMap names none', () => {
    const encoded = withZipMap(zipMapNode());
    const read = readModelBytes(encoded, 'm');
    const spec = { name: 'scores', datatype: 'FP32', shape: ['N', ''] };
    expect(signatureOf(read).outputs).toEqual([spec]);
    expect(signatureOf(readModelBytes(removeZipMaps(encoded, read), 'm')).outputs).toEqual([spec]);
  });

  it('takes a fixed batch from the input', () => {
    const fixed = msg(11, value('p', tensorType(1, int(1, 4), int(1, 2))));
    const encoded = model(
      bareGraph(
        zipMapNode(attribute('classlabels_strings', str(9, 'a'))),
        fixed,
        msg(12, value('scores', ofMaps)),
      ),
    );
    const rewritten = readModelBytes(removeZipMaps(encoded, readModelBytes(encoded, 'm')), 'm');
    expect(rewritten.outputs[0]).toMatchObject({ type: 'tensor(float)', shape: [4, 1] });
  });

  it('refuses a graph in which another node reads the maps', async () => {
    const reader = msg(1, str(1, 'scores'), str(2, 'z'), str(4, 'Identity'));
    const encoded = withZipMap(zipMapNode(), reader);
    const error = await errorOf(() => removeZipMaps(encoded, readModelBytes(encoded, 'm.onnx')));
    expect(error.code).toBe('MODEL_ZIPMAP_UNSUPPORTED');
    expect(error.message).toContain('"scores"');
  });

  it('does not take a ZipMap of another domain for one', () => {
    const other = msg(1, str(1, 'p'), str(2, 'scores'), str(4, 'ZipMap'), str(7, 'my.ops'));
    expect(readModelBytes(withZipMap(other), 'm').zipMaps).toEqual([]);
  });

  it('copies everything else byte for byte', () => {
    const weights = msg(5, int(1, 2), int(2, 1), str(8, 'w'), str(9, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)));
    const unknown = bytes(int(77, 12345), str(78, 'kept'));
    const encoded = bytes(withZipMap(weights, zipMapNode()), unknown);
    const rewritten = Buffer.from(removeZipMaps(encoded, readModelBytes(encoded, 'm')));
    expect(rewritten.includes(Buffer.from(weights))).toBe(true);
    expect(rewritten.subarray(-unknown.length).equals(Buffer.from(unknown))).toBe(true);
  });
});
