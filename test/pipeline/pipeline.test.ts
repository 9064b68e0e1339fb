import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { packagesOf } from '../../src/pipeline/pipeline.ts';
import { transforms } from '../../src/pipeline/transforms.ts';
import { bytes, compile, fp32, model, numbers, steps } from './context.ts';

describe('a pipeline without steps', () => {
  test('is nothing at all, and the user sees the model', async () => {
    const signature = model({ shape: ['batch', 4] });
    expect(await compile(signature, {})).toEqual({ userSignature: signature, prepare: null, finish: null });
  });
});

describe('a chain', () => {
  test('runs in the order written and shows the signature of its outer ends', async () => {
    const pipeline = await compile(model({ shape: ['batch', 1, 2, 2] }), {
      pre: steps({ decode_image: { mode: 'gray' } }, { resize: [2, 2] }, { scale: 0.5 }),
      post: steps('softmax', { top_k: 2 }),
      labels: ['ant', 'bee', 'cat'],
    });
    expect(pipeline.userSignature).toEqual({
      inputs: [{ name: 'x', datatype: 'BYTES', shape: ['batch'] }],
      outputs: [
        { name: 'label', datatype: 'BYTES', shape: ['batch', 2] },
        { name: 'score', datatype: 'FP32', shape: ['batch', 2] },
      ],
    });
    const png = await sharp(Uint8Array.from([10, 20, 30, 40]), { raw: { width: 2, height: 2, channels: 1 } })
      .png()
      .toBuffer();
    const [prepared] = await pipeline.prepare!([bytes('x', [png])]);
    expect(prepared).toEqual(fp32('x', [1, 1, 2, 2], [5, 10, 15, 20]));
    const [label, score] = await pipeline.finish!([fp32('y', [1, 3], [0, Math.log(3), 0])]);
    expect(label).toMatchObject({ name: 'label', shape: [1, 2], data: ['bee', 'ant'] });
    expect(numbers(score)[0]).toBeCloseTo(0.6, 6);
    expect(numbers(score)[1]).toBeCloseTo(0.2, 6);
  });

  test('of plain arithmetic stays synchronous', async () => {
    const { prepare } = await compile(model({ shape: ['batch', 2] }), {
      pre: steps({ scale: 2 }, { scale: 3 }),
    });
    expect(prepare!([fp32('x', [1, 2], [1, 2])])).toEqual([fp32('x', [1, 2], [6, 12])]);
  });

  test('takes pictures of different sizes in one request when a resize follows', async () => {
    const pipeline = await compile(model({ shape: ['batch', 1, 1, 1] }), {
      pre: steps({ decode_image: { mode: 'gray' } }, { resize: [1, 1] }),
    });
    const gray = (width: number, value: number) =>
      sharp(new Uint8Array(width).fill(value), { raw: { width, height: 1, channels: 1 } })
        .png()
        .toBuffer();
    const pictures = [await gray(3, 9), await gray(5, 200), await gray(1, 0)];
    expect(await pipeline.prepare!([bytes('x', pictures)])).toEqual([fp32('x', [3, 1, 1, 1], [9, 200, 0])]);
  });

  test('refuses pictures of different sizes where nothing makes them equal', async () => {
    const pipeline = await compile(model({ shape: ['batch', 1, 'h', 'w'] }), {
      pre: steps({ decode_image: { mode: 'gray' } }),
    });
    const blank = (width: number) =>
      sharp(new Uint8Array(width), { raw: { width, height: 1, channels: 1 } })
        .png()
        .toBuffer();
    const prepared = Promise.resolve(pipeline.prepare!([bytes('x', [await blank(2), await blank(3)])]));
    await expect(prepared).rejects.toMatchObject({
      code: 'PREPARATION_FAILED',
      message: expect.stringContaining('row 1 becomes [1, 1, 3] where row 0 becomes [1, 1, 2]'),
      details: { field: 'x[1]' },
    });
  });

  test('leaves a missing input, and inputs it does not know, to the gauge', async () => {
    const pipeline = await compile(model({ shape: ['batch', 1, 'h', 'w'] }), {
      pre: steps('decode_image_gray_is_not_here').slice(1),
    });
    expect(pipeline.prepare).toBeNull();
    const picture = await compile(model({ shape: ['batch', 1, 2, 2] }), {
      pre: steps({ decode_image: { mode: 'gray' } }),
    });
    const other = fp32('other', [1], [1]);
    expect(await picture.prepare!([other])).toEqual([other]);
  });
});

describe('mistakes in a manifest', () => {
  test.each([
    { step: 'sofmax', hint: 'Did you mean "softmax"? ' },
    { step: 'decode_images', hint: 'Did you mean "decode_image"? ' },
    { step: 'mel_spectrogram', hint: '' },
  ])('$step is TRANSFORM_UNKNOWN', async ({ step, hint }) => {
    const compiled = compile(model({ shape: ['batch', 2] }), { post: steps('softmax', step) });
    await expect(compiled).rejects.toMatchObject({
      code: 'TRANSFORM_UNKNOWN',
      exit: 2,
      remedy: `${hint}There are: decode_image, resize, scale, softmax, top_k.`,
      details: { at: { path: 'postprocess[1]' }, received: step },
    });
  });

  test.each([
    { pre: steps({ scale: { bye: 2 } }), option: 'bye' },
    { pre: steps({ decode_image: { moed: 'gray' } }), option: 'moed' },
    { post: steps({ softmax: { axis: 1 } }), option: 'axis' },
    { post: steps({ top_k: { kk: 3 } }), option: 'kk' },
  ])('the option $option that no step has is named', async ({ option, ...written }) => {
    const compiled = compile(model({ shape: ['batch', 1, 8, 8] }), written);
    await expect(compiled).rejects.toMatchObject({
      code: 'TRANSFORM_OPTIONS',
      message: expect.stringMatching(new RegExp(`: it has no option "${option}"\\.$`)),
    });
  });

  test.each([
    { pre: steps({ scale: 'big' }), path: 'preprocess[0].scale' },
    { pre: steps({ scale: Number.POSITIVE_INFINITY }), path: 'preprocess[0].scale' },
    { pre: steps('scale'), path: 'preprocess[0].scale' },
    { pre: steps({ scale: { by: 2, inputs: 'x' } }), path: 'preprocess[0].scale' },
    { pre: steps({ resize: [8] }), path: 'preprocess[0].resize' },
    { pre: steps({ resize: [8, 0] }), path: 'preprocess[0].resize' },
    { pre: steps({ decode_image: { mode: 'grey' } }), path: 'preprocess[0].decode_image.mode' },
    { pre: steps({ decode_image: { max_pixels: -1 } }), path: 'preprocess[0].decode_image.max_pixels' },
    { post: steps({ softmax: 1 }), path: 'postprocess[0].softmax' },
    { post: steps({ top_k: 0 }), path: 'postprocess[0].top_k' },
    { post: steps({ top_k: 1.5 }), path: 'postprocess[0].top_k' },
    { post: steps('top_k'), path: 'postprocess[0].top_k' },
  ])('$pre$post is TRANSFORM_OPTIONS at $path', async ({ path, ...written }) => {
    const compiled = compile(model({ shape: ['batch', 1, 8, 8] }), written);
    await expect(compiled).rejects.toMatchObject({
      code: 'TRANSFORM_OPTIONS',
      exit: 2,
      remedy: expect.stringMatching(/^Write \w+: .+\.$/),
      details: { at: { path } },
    });
  });

  test.each([
    { what: 'softmax before the model', pre: steps('softmax'), reason: 'no step of preprocess' },
    { what: 'resize behind it', post: steps({ resize: [2, 2] }), reason: 'no step of postprocess' },
    { what: 'k over the classes', post: steps({ top_k: 4 }), reason: 'k is 4, and "y" has 3 classes' },
    {
      what: 'too few labels',
      post: steps({ top_k: 1 }),
      labels: ['a', 'b'],
      reason: '2 labels for 3 classes',
    },
    {
      what: 'softmax of labels',
      post: steps({ top_k: 1 }, { softmax: { output: 'index' } }),
      reason: 'INT64, not a float',
    },
    {
      what: 'an output that is not there',
      post: steps({ softmax: { output: 'z' } }),
      reason: 'there is no output "z"',
    },
    {
      what: 'an output that is not named',
      post: steps({ top_k: 1 }, 'softmax'),
      reason: 'there are 2 outputs',
    },
    {
      what: 'a size the model lacks',
      pre: steps({ resize: [9, 9] }),
      reason: 'cannot hold pictures of 9 rows',
    },
    { what: 'colour in a grey model', pre: steps('decode_image'), reason: '"x" cannot hold rgb pixels' },
  ])('$what is TRANSFORM_MISFIT', async ({ reason, ...written }) => {
    const compiled = compile(model({ shape: ['batch', 1, 8, 8] }), written);
    await expect(compiled).rejects.toMatchObject({
      code: 'TRANSFORM_MISFIT',
      message: expect.stringContaining(reason),
    });
  });
});

describe('the table', () => {
  test.each(transforms.names)('%s loads and says what it does', async (name) => {
    expect((await transforms.load(name)).summary).toMatch(/^[a-z].{10,}/);
  });

  test('tells the packager which libraries lie beside the server', async () => {
    expect(
      await packagesOf({ preprocess: steps({ decode_image: {} }, { scale: 2 }), postprocess: [] }),
    ).toEqual(['sharp']);
    expect(await packagesOf({ preprocess: [], postprocess: steps('softmax') })).toEqual([]);
  });
});
