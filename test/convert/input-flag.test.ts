import { expect, test } from 'vitest';
import { parseInputFlag } from '../../src/convert/input-flag.ts';

test.each([
  ['image:FP32[batch,1,28,28]', { name: 'image', datatype: 'FP32', shape: ['batch', 1, 28, 28] }],
  ['tokens:int64[batch, sequence]', { name: 'tokens', datatype: 'INT64', shape: ['batch', 'sequence'] }],
  ['serving_default_x:0:float32[?,-1]', { name: 'serving_default_x:0', datatype: 'FP32', shape: ['', ''] }],
  ['sr:INT64[]', { name: 'sr', datatype: 'INT64', shape: [] }],
])('%s', (text, expected) => {
  expect(parseInputFlag(text)).toEqual(expected);
});

test.each([
  'image',
  'image:FP32',
  'image:FP33[1]',
  ':FP32[1]',
  'x:FP32[1,,2]',
  'x:FP32[a;b]',
  'x:FP32[1.5]',
  '',
])('"%s" is refused with an example', (text) => {
  expect(() => parseInputFlag(text)).toThrow(
    expect.objectContaining({ code: 'USAGE', message: expect.stringContaining('image:FP32[batch,1,28,28]') }),
  );
});
