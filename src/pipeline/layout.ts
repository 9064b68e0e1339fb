import type { Dim } from '../core/tensor.ts';
import type { Picture } from './picture.ts';

/** Where rows, columns and channels lie in a tensor of pictures behind its batch axis. */
export interface Layout {
  readonly kind: 'channels-first' | 'channels-last' | 'plane';
  /** The shape of one picture of this size, without the batch axis. */
  shape(height: number, width: number, channels: number): readonly number[];
}

const channelsFirstLayout: Layout = { kind: 'channels-first', shape: (h, w, c) => [c, h, w] };
const channelsLastLayout: Layout = { kind: 'channels-last', shape: (h, w, c) => [h, w, c] };
const planeLayout: Layout = { kind: 'plane', shape: (h, w) => [h, w] };

/**
 * The layout of a shape `[batch, …]` for pictures with this many channels: NCHW, else NHWC; `[batch, h, w]` for
 * one channel. Undefined when no layout fits; `[batch, n]` does not tell height and width.
 */
export function layoutOf(shape: readonly Dim[], channels: number): Layout | undefined {
  if (shape.length === 4) return axisOfChannels(shape, channels);
  return shape.length === 3 && channels === 1 ? planeLayout : undefined;
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
