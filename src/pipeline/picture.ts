import type { BytesElement } from '../core/tensor.ts';

/** A decoded picture: 8 bits per channel, rows from the top, channels interleaved. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly pixels: Uint8Array;
}

type Sharp = Awaited<ReturnType<typeof loadSharp>>;

export interface DecodeLimits {
  readonly maxPixels: number;
}

/** sharp (libvips), loaded on first use: 20 MB that models without pictures never see. */
export async function loadSharp() {
  const { default: sharp } = await import('sharp');
  return sharp;
}

/** What a client may send for a picture, by its first bytes. Formats that can name other files (SVG) are not among them. */
export function formatOf(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 16)).toString('latin1');
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (head.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP') return 'webp';
  if (head.startsWith('GIF87a') || head.startsWith('GIF89a')) return 'gif';
  if (head.startsWith('II*\0') || head.startsWith('MM\0*')) return 'tiff';
  return undefined;
}

/** Bytes of an element: binary as sent; text as base64, with or without the `data:` URL in front. */
export function bytesOf(element: BytesElement): Uint8Array | undefined {
  if (typeof element !== 'string') return element;
  const text = element.replace(/^data:image\/[\w.+-]+;base64,/, '');
  if (!/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return undefined;
  return Buffer.from(text, 'base64');
}

/** Decodes the first frame. Alpha is dropped, not blended, and EXIF rotation is not applied, as Pillow does it. */
export async function decodePicture(
  sharp: Sharp,
  bytes: Uint8Array,
  channels: 1 | 3,
  { maxPixels }: DecodeLimits,
): Promise<Picture> {
  const image = sharp(bytes, { limitInputPixels: maxPixels, failOn: 'error', pages: 1 });
  const { data, info } = await image
    .toColourspace('srgb')
    .removeAlpha()
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const pixels = new Uint8Array(data.buffer, data.byteOffset, data.length);
  const size = { width: info.width, height: info.height, channels };
  if (info.channels === channels) return { ...size, pixels };
  return { ...size, pixels: channels === 1 ? toGray(pixels, info.channels) : toRgb(pixels, info.channels) };
}

// ITU-R 601-2 luma in the fixed point of Pillow's convert("L"): the same grey as in a Python notebook, to the bit.
function toGray(pixels: Uint8Array, from: number): Uint8Array {
  const gray = new Uint8Array(pixels.length / from);
  for (let index = 0, at = 0; index < gray.length; index++, at += from) {
    gray[index] = (pixels[at]! * 19595 + pixels[at + 1]! * 38470 + pixels[at + 2]! * 7471 + 0x8000) >> 16;
  }
  return gray;
}

function toRgb(pixels: Uint8Array, from: number): Uint8Array {
  const rgb = new Uint8Array((pixels.length / from) * 3);
  for (let index = 0, at = 0; index < rgb.length; index += 3, at += from)
    rgb.fill(pixels[at]!, index, index + 3);
  return rgb;
}
