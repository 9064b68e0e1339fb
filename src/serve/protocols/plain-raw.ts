import { isUtf8 } from 'node:buffer';
import { failure } from '../../core/errors/error.ts';
import type { Tensor, TensorSpec } from '../../core/tensor.ts';
import { mediaType } from '../codecs/media-type.ts';
import type { RawCall } from '../protocol.ts';

/**
 * A body that is the value itself: an image, audio, text or any bytes, for a model whose only input is BYTES.
 * Undefined when the body is JSON, which is also what a missing type and curl's default form type mean.
 * @throws MdeployError `REQUEST_INVALID` for a raw body that the model cannot take
 */
export function decodeRaw(
  { headers, body }: Pick<RawCall, 'headers' | 'body'>,
  specs: readonly TensorSpec[],
): Tensor | undefined {
  const { type } = mediaType(headers['content-type']);
  if (jsonTypes.has(type) || type.endsWith('+json')) return undefined;
  const [spec] = specs;
  const isText = type.startsWith('text/');
  if (spec?.datatype === 'BYTES' && specs.length === 1 && (isText || binary.test(type))) {
    const shape = (spec.shape ?? [1]).map(() => 1);
    const element = isText && isUtf8(body) ? Buffer.from(body).toString('utf8') : new Uint8Array(body);
    return { name: spec.name, datatype: 'BYTES', shape, data: [element] };
  }
  // Scripts that post JSON as text/plain are many, and a model of numbers has no other use for text.
  if (isText) return undefined;
  const problem = `The body is ${type}, which this model does not take.`;
  const takesBytes = specs.length === 1 && spec?.datatype === 'BYTES';
  const fix = takesBytes
    ? 'Send JSON, or the bytes with content-type image/*, audio/*, video/*, text/plain or application/octet-stream.'
    : 'Send JSON with content-type application/json.';
  throw failure('REQUEST_INVALID', { problem, fix }, { field: 'Content-Type', received: type });
}

const jsonTypes = new Set(['', 'application/json', 'text/json', 'application/x-www-form-urlencoded']);
const binary = /^(?:image|audio|video)\/|^application\/octet-stream$/;
