import { z } from 'zod';
import { failure } from '../../core/errors/error.ts';
import { reasonOf } from '../../core/files.ts';
import type { Dim, Tensor } from '../../core/tensor.ts';
import { isPixel, type PixelType, storeOf } from '../elements.ts';
import { channelsFirst, type Layout, layoutOf } from '../layout.ts';
import { misfit, parseOptions, replaced, requireStage, targetOf } from '../options.ts';
import { bytesOf, decodePicture, formatOf, loadSharp, type Picture } from '../picture.ts';
import type { Transform, TransformContext } from '../transform.ts';

const schema = z
  .strictObject(
    {
      mode: z.enum(['gray', 'rgb'], 'mode must be gray or rgb').default('rgb'),
      max_pixels: z.int().positive().max(268_402_689).default(16_777_216),
      input: z.string().optional(),
    },
    'its options are mode, max_pixels and input',
  )
  .default({ mode: 'rgb', max_pixels: 16_777_216 });

const accepted = 'a PNG, JPEG, WebP, GIF or TIFF picture, as bytes or base64';

/**
 * Picture files → pixel values 0–255: `decode_image: {mode: gray}`. The input becomes BYTES [batch]; the pixels take
 * the datatype, layout (channels first or last) and size of the tensor behind. Larger pictures than `max_pixels` are
 * refused before they are decoded.
 */
export const decodeImage: Transform = {
  summary: 'decode PNG, JPEG, WebP, GIF or TIFF files into pixel values 0–255',
  packages: ['sharp'],
  async compile(options, context) {
    requireStage('decode_image', 'pre', context);
    const example = 'decode_image: {mode: gray}';
    const { mode, max_pixels, input } = parseOptions(schema, options, {
      name: 'decode_image',
      example,
      context,
    });
    const spec = targetOf('decode_image', input, context);
    const channels = mode === 'gray' ? 1 : 3;
    const { datatype } = spec;
    const layout = spec.shape && layoutOf(spec.shape, channels);
    if (!isPixel(datatype) || !spec.shape || !layout) {
      const fix =
        spec.shape?.length === 2 && isPixel(datatype)
          ? 'A row of values has no height and width: put "resize: [height, width]" behind the step'
          : 'Put it before a UINT8 or float tensor of shape [batch, channels, height, width] or [batch, height, width, channels]';
      throw misfit('decode_image', context, `"${spec.name}" cannot hold ${mode} pixels`, fix, spec);
    }
    const sharp = await trySharp(context);
    const target = { name: spec.name, datatype, layout, shape: spec.shape };
    const signature = replaced(context, spec.name, [
      { name: spec.name, datatype: 'BYTES', shape: [spec.shape[0]!] },
    ]);
    const decode = (tensor: Tensor) =>
      decodeRows(tensor, target, (bytes) => decodePicture(sharp, bytes, channels, { maxPixels: max_pixels }));
    return {
      signature,
      rowsOf: spec.name,
      apply: (tensors) =>
        Promise.all(tensors.map((tensor) => (tensor.name === spec.name ? decode(tensor) : tensor))),
    };
  },
};

interface Target {
  readonly name: string;
  readonly datatype: PixelType;
  readonly layout: Layout;
  readonly shape: readonly Dim[];
}

async function decodeRows(
  tensor: Tensor,
  target: Target,
  decode: (bytes: Uint8Array) => Promise<Picture>,
): Promise<Tensor> {
  const { name } = target;
  if (tensor.datatype !== 'BYTES') {
    const facts = { expected: 'BYTES', received: tensor.datatype };
    throw failure('INPUT_DATATYPE', { name, ...facts }, { field: name, ...facts });
  }
  const elements = tensor.data as (string | Uint8Array)[];
  if (elements.length !== 1)
    throw refused(name, `it holds ${elements.length} pictures where one is expected`);
  const bytes = bytesOf(elements[0]!);
  const format = bytes && formatOf(bytes);
  if (!bytes || !format)
    throw refused(name, bytes ? 'its first bytes are of no picture format' : 'it is text that is not base64');
  const picture = await decode(bytes).catch((error: unknown) => {
    throw refused(
      name,
      `this ${format.toUpperCase()} cannot be decoded (${firstLine(reasonOf(error))})`,
      error,
    );
  });
  return pixelTensor(picture, target);
}

function pixelTensor(picture: Picture, { name, datatype, layout, shape }: Target): Tensor {
  const { width, height, channels } = picture;
  const pixels = layout.kind === 'channels-first' && channels > 1 ? channelsFirst(picture) : picture.pixels;
  const actual = [1, ...layout.shape(height, width, channels)];
  const fits = actual.every(
    (length, axis) => axis === 0 || typeof shape[axis] === 'string' || shape[axis] === length,
  );
  if (!fits) {
    const wanted = shape.slice(1).join(', ');
    throw refused(
      name,
      `this picture is ${width} × ${height}, that is [${actual.slice(1).join(', ')}] where [${wanted}] is needed`,
    );
  }
  return { name, datatype, shape: actual, data: storeOf(datatype, pixels) };
}

async function trySharp(context: TransformContext) {
  try {
    return await loadSharp();
  } catch (error) {
    const reason = firstLine(reasonOf(error));
    throw failure(
      'TRANSFORM_LIBRARY',
      { name: 'decode_image', library: 'sharp', reason },
      { at: { path: context.at }, cause: error },
    );
  }
}

function refused(name: string, reason: string, cause?: unknown) {
  return failure(
    'PREPARATION_FAILED',
    { step: 'decode_image', name, reason, expected: accepted },
    { field: name, cause },
  );
}

// libvips lists one warning per line; clients need the first only.
function firstLine(text: string): string {
  return text.split('\n')[0]!.trim();
}
