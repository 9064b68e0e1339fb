import { failure } from '../../core/errors/error.ts';
import { invalid } from '../codecs/json-fields.ts';
import type { RawCall } from '../protocol.ts';

/** A body in its two parts: the JSON document, and the raw tensors behind it in the order the JSON names them. */
export interface SplitBody {
  readonly json: Uint8Array;
  readonly blobs: Blobs;
}

/**
 * Splits a body by `Inference-Header-Content-Length` (binary tensor data extension); without it all of it is JSON.
 * Undefined when the header is 0: the body is the raw data of the only input.
 * @throws MdeployError `REQUEST_INVALID`
 */
export function splitBody({ headers, body }: Pick<RawCall, 'headers' | 'body'>): SplitBody | undefined {
  const given = headers['inference-header-content-length'];
  if (given === undefined) return { json: body, blobs: new Blobs(body.subarray(body.length)) };
  const length = /^\d{1,15}$/.test(String(given)) ? Number(given) : -1;
  if (length < 0 || length > body.length) {
    const problem = `inference header size should be in range (0, ${body.length}), got: ${String(given)}.`;
    const fix = 'Send the length of the JSON part in bytes, without compression.';
    throw failure(
      'REQUEST_INVALID',
      { problem, fix },
      { field: 'Inference-Header-Content-Length', received: String(given) },
    );
  }
  if (length === 0) return undefined;
  return { json: body.subarray(0, length), blobs: new Blobs(body.subarray(length)) };
}

/** The raw tensors, handed out one after the other. */
export class Blobs {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** @throws MdeployError `REQUEST_INVALID` */
  take(size: number, input: string): Uint8Array {
    const end = this.#at + size;
    if (end > this.#bytes.length) {
      const missing = end - this.#bytes.length;
      const problem = `unexpected size for input '${input}', expecting ${missing} additional bytes.`;
      throw invalid(input, problem, 'Make binary_data_size the length of the raw tensor.');
    }
    const blob = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return blob;
  }

  /** Refuses bytes that belong to no input. @throws MdeployError `REQUEST_INVALID` */
  finish(): void {
    const rest = this.#bytes.length - this.#at;
    if (rest === 0) return;
    const problem = `unexpected additional input data: ${rest} bytes that belong to no input.`;
    throw invalid('binary_data_size', problem, 'Name every raw tensor in the JSON part, with its size.');
  }
}
