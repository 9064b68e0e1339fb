import type { Dim } from '../core/tensor.ts';
import type { Picture } from './picture.ts';

/** Where rows, columns and channels lie in a tensor of pictures behind its batch axis. */
export interface Layout {
  readonly kind: 'channels-first' | 'channels-last' | 'plane' | 'flat';
  /** The shape of one picture of this size, without the batch axis. */
  shape(height: number, width: number, channels: number): readonly number[];
}

const channelsFirstLayout: Layout = { kind: 'channels-first', shape: (h, w, c) => [c, h, w] };
const channelsLastLayout: Layout = { kind: 'channels-last', shape: (h, w, c) => [h, w, c] };
const planeLayout: Layout = { kind: 'plane', shape: (h, w) => [h, w] };
const flatLayout: Layout = { kind: 'flat', shape: (h, w, c) => [h * w * c] };

/**
 * The layout of a shape `[batch, …]` for pictures with this many channels: NCHW, else NHWC; `[batch, h, w]` for
 * one channel; `[batch, n]` row by row. Undefined when no layout fits.
 */
export function layoutOf(shape: readonly Dim[], channels: number): Layout | undefined {
  if (shape.length === 4) return axisOfChannels(shape, channels);
  if (shape.length === 3 && channels === 1) return planeLayout;
  return shape.length === 2 ? flatLayout : undefined;
}

/** Interleaved pixels → one plane per channel. */
export function channelsFirst({ pixels, channels, width, height }: Picture): Uint8Array {
  const plane = width * height;
  const planes = new Uint8Array(pixels.length);
  for (let channel = 0; channel < channels; channel++) {
    for (let index = 0; index < plane; index++)
      planes[channel * plane + index] = pixels[index * channels + channel]!;
  }
  return planes;
}

// A written length decides before an open axis does.
function axisOfChannels(shape: readonly Dim[], channels: number): Layout | undefined {
  if (shape[1] === channels) return channelsFirstLayout;
  if (shape[3] === channels) return channelsLastLayout;
  if (typeof shape[1] === 'string') return channelsFirstLayout;
  return typeof shape[3] === 'string' ? channelsLastLayout : undefined;
}
