import sharp from 'sharp';
import { afterEach, describe, expect, test, vi } from 'vitest';
import * as picture from '../../../src/pipeline/picture.ts';
import { bytes, compile, fp32, model, numbers, steps } from '../context.ts';

const gray = await compile(model({ shape: ['batch', 1, 'h', 'w'] }), {
  pre: steps({ decode_image: { mode: 'gray' } }),
});
const rgb = await compile(model({ shape: ['batch', 3, 'h', 'w'] }), { pre: steps('decode_image') });

function raw(pixels: number[], width: number, channels: 1 | 3 | 4) {
  return sharp(Uint8Array.from(pixels), {
    raw: { width, height: pixels.length / width / channels, channels },
  });
}

afterEach(() => vi.restoreAllMocks());

describe('decode_image', () => {
  test('gives grey pixels as they are in the file', async () => {
    const png = await raw([0, 16, 128, 255], 2, 1).png().toBuffer();
    expect(await gray.prepare!([bytes('x', [png])])).toEqual([fp32('x', [1, 1, 2, 2], [0, 16, 128, 255])]);
  });

  test('puts colour planes first or channels last, as the model takes them', async () => {
    const png = await raw([1, 2, 3, 4, 5, 6], 2, 3).png().toBuffer();
    expect(await rgb.prepare!([bytes('x', [png])])).toEqual([fp32('x', [1, 3, 1, 2], [1, 4, 2, 5, 3, 6])]);
    const last = await compile(model({ datatype: 'UINT8', shape: ['batch', 'h', 'w', 3] }), {
      pre: steps('decode_image'),
    });
    expect(await last.prepare!([bytes('x', [png])])).toEqual([
      { name: 'x', datatype: 'UINT8', shape: [1, 1, 2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) },
    ]);
  });

  test('makes grey of colour with the luma of Pillow, rounded', async () => {
    // PIL.Image.fromarray([[[255,0,0],[0,255,0],[0,0,255],[12,200,77]]]).convert("L") → 76, 150, 29, 130
    const png = await raw([255, 0, 0, 0, 255, 0, 0, 0, 255, 12, 200, 77], 4, 3).png().toBuffer();
    expect(numbers((await gray.prepare!([bytes('x', [png])]))[0])).toEqual([76, 150, 29, 130]);
  });

  test('makes colour of grey, and drops alpha without blending', async () => {
    const plain = await raw([9, 8], 2, 1).png().toBuffer();
    expect(numbers((await rgb.prepare!([bytes('x', [plain])]))[0])).toEqual([9, 8, 9, 8, 9, 8]);
    const clear = await raw([10, 20, 30, 0], 1, 4).png().toBuffer();
    expect(numbers((await rgb.prepare!([bytes('x', [clear])]))[0])).toEqual([10, 20, 30]);
  });

  test('takes every format it promises', async () => {
    const image = () => raw(new Array<number>(64).fill(200), 8, 1);
    const files = [
      image().jpeg(),
      image().webp({ lossless: true }),
      image().gif(),
      image().tiff(),
      image().png({ palette: true }),
    ];
    for (const file of files) {
      const [tensor] = await gray.prepare!([bytes('x', [await file.toBuffer()])]);
      expect(tensor!.shape).toEqual([1, 1, 8, 8]);
      for (const value of numbers(tensor)) expect(Math.abs(value - 200)).toBeLessThanOrEqual(2);
    }
  });

  test('takes base64 text and data URLs', async () => {
    const png = await raw([42], 1, 1).png().toBuffer();
    for (const text of [png.toString('base64'), `data:image/png;base64,${png.toString('base64')}`]) {
      expect(await gray.prepare!([bytes('x', [text])])).toEqual([fp32('x', [1, 1, 1, 1], [42])]);
    }
  });

  test('takes many, in order, and none', async () => {
    const pictures = await Promise.all([1, 2, 3].map((value) => raw([value], 1, 1).png().toBuffer()));
    expect(await gray.prepare!([bytes('x', pictures)])).toEqual([fp32('x', [3, 1, 1, 1], [1, 2, 3])]);
  });

  test.each([
    { what: 'plain text', element: 'hello, world', reason: 'text that is not base64' },
    { what: 'bytes of nothing', element: Uint8Array.of(1, 2, 3), reason: 'no picture format' },
    { what: 'nothing', element: new Uint8Array(0), reason: 'no picture format' },
    {
      what: 'an SVG, which may name other files',
      element: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
      reason: 'no picture format',
    },
    {
      what: 'a head without a body',
      element: Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
      reason: 'this PNG cannot be decoded',
    },
  ])('refuses $what', async ({ element, reason }) => {
    const prepared = Promise.resolve(gray.prepare!([bytes('x', [element])]));
    await expect(prepared).rejects.toMatchObject({
      code: 'PREPARATION_FAILED',
      http: 400,
      message: expect.stringContaining(reason),
      details: { field: 'x' },
    });
  });

  test('refuses a file cut off in the middle', async () => {
    const noise = Array.from({ length: 4096 }, (_, index) => (index * 7919) % 251);
    const png = await raw(noise, 64, 1).png().toBuffer();
    const prepared = Promise.resolve(gray.prepare!([bytes('x', [png.subarray(0, png.length / 2)])]));
    await expect(prepared).rejects.toMatchObject({
      code: 'PREPARATION_FAILED',
      message: expect.stringContaining('cannot be decoded'),
    });
  });

  test('refuses a picture that would fill the memory, before decoding it', async () => {
    const huge = await sharp({ create: { width: 5000, height: 4000, channels: 3, background: 'black' } })
      .png()
      .toBuffer();
    const prepared = Promise.resolve(rgb.prepare!([bytes('x', [huge])]));
    await expect(prepared).rejects.toMatchObject({
      code: 'PREPARATION_FAILED',
      message: expect.stringContaining('pixel limit'),
    });
  });

  test('says the size it needs', async () => {
    const fixed = await compile(model({ shape: ['batch', 1, 8, 8] }), {
      pre: steps({ decode_image: { mode: 'gray' } }),
    });
    const png = await raw([1, 2, 3, 4, 5, 6], 3, 1).png().toBuffer();
    await expect(Promise.resolve(fixed.prepare!([bytes('x', [png])]))).rejects.toMatchObject({
      message: expect.stringContaining('this picture is 3 × 2, that is [1, 2, 3] where [1, 8, 8] is needed'),
    });
  });

  test('wants BYTES, and names them where something else comes', async () => {
    await expect(Promise.resolve(gray.prepare!([fp32('x', [1], [1])]))).rejects.toMatchObject({
      code: 'INPUT_DATATYPE',
      details: { field: 'x', expected: 'BYTES', received: 'FP32' },
    });
  });

  test.each([
    [['batch', 4], 'gray', 'has no height and width'],
    [['batch', 'features'], 'rgb', 'has no height and width'],
    [['batch', 8, 8], 'rgb', 'Put it before a UINT8 or float tensor'],
    [['batch', 4, 8, 8], 'rgb', 'Put it before a UINT8 or float tensor'],
    [['batch'], 'gray', 'Put it before a UINT8 or float tensor'],
    [null, 'gray', 'Put it before a UINT8 or float tensor'],
  ])('is refused at load before %j (%s)', async (shape, mode, fix) => {
    const compiled = compile(model({ shape }), { pre: steps({ decode_image: { mode } }) });
    await expect(compiled).rejects.toMatchObject({
      code: 'TRANSFORM_MISFIT',
      remedy: expect.stringContaining(fix),
      details: { at: { path: 'preprocess[0]' }, field: 'x' },
    });
  });

  test('a row of values takes pictures through resize, which knows height and width', async () => {
    const flat = await compile(model({ shape: ['batch', 4] }), {
      pre: steps({ decode_image: { mode: 'gray' } }, { resize: [2, 2] }),
    });
    const png = await raw([7, 7], 2, 1).png().toBuffer();
    expect(await flat.prepare!([bytes('x', [png])])).toEqual([fp32('x', [1, 4], [7, 7, 7, 7])]);
  });

  test('says at load that its library is missing', async () => {
    vi.spyOn(picture, 'loadSharp').mockRejectedValue(new Error("Cannot find package 'sharp'"));
    const compiled = compile(model({ shape: ['batch', 3, 8, 8] }), { pre: steps('decode_image') });
    await expect(compiled).rejects.toMatchObject({
      code: 'TRANSFORM_LIBRARY',
      exit: 3,
      details: { at: { path: 'preprocess[0]' } },
    });
  });
});
