import { describe, expect, test } from 'vitest';
import type { Signature } from '../../src/core/tensor.ts';
import { findLabels } from '../../src/init/labels.ts';
import type { OnnxModel } from '../../src/onnx/model.ts';

const signature: Signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: ['', 4] }],
  outputs: [
    { name: 'id', datatype: 'INT64', shape: [''] },
    { name: 'scores', datatype: 'FP32', shape: ['', 2] },
  ],
};

const model = (metadata: Record<string, string>, zipMaps: OnnxModel['zipMaps'] = []) =>
  ({ metadata: new Map(Object.entries(metadata)), zipMaps }) as unknown as OnnxModel;

describe('findLabels', () => {
  test.each([
    ['a JSON list', { labels: '["cat", "dog"]' }],
    ['a JSON index', { id2label: '{"0": "cat", "1": "dog"}' }],
    ['a Python list', { classes: "['cat', 'dog']" }],
    ['a Python index', { names: "{0: 'cat', 1: 'dog'}" }],
  ])('%s in the metadata', (_, metadata) => {
    expect([...findLabels(model(metadata), signature)]).toEqual([['scores', ['cat', 'dog']]]);
  });

  test.each([
    ['another number of names', { labels: '["cat"]' }],
    ['another key', { author: '["cat", "dog"]' }],
    ['numbers', { labels: '[1, 2]' }],
    ['a gap', { names: "{0: 'cat', 2: 'dog'}" }],
    ['a control character', { labels: '["cat", "d\\nog"]' }],
    ['no list', { labels: 'cat, dog' }],
    ['code', { labels: "[__import__('os'), 'x']" }],
  ])('%s is not taken', (_, metadata) => {
    expect(findLabels(model(metadata), signature).size).toBe(0);
  });

  test('a ZipMap wins', () => {
    const zipMap = { input: 'p', output: 'scores', labels: ['no', 'yes'], labelType: 'BYTES' as const };
    const found = findLabels(model({ labels: '["cat", "dog"]' }, [zipMap]), signature);
    expect([...found]).toEqual([['scores', ['no', 'yes']]]);
  });
});
