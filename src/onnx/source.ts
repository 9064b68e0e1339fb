import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { failure } from '../core/errors/error.ts';
import { reasonOf } from '../core/files.ts';

/** Bytes at offsets. What `view` returns is valid until the next call. */
export interface ByteSource {
  /** A path or what stands for it in errors. */
  readonly label: string;
  readonly size: number;
  /** At least `length` bytes from `offset` on where the source has them; fewer only at its end. */
  view(offset: number, length: number): Buffer;
}

export function bytesSource(bytes: Uint8Array, label: string): ByteSource {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { label, size: all.length, view: (offset) => (offset === 0 ? all : all.subarray(offset)) };
}

const windowBytes = 64 * 1024;

/**
 * Opens a file for reading through a small window, so that weights are never read into memory, and closes it after `use`.
 * @throws MdeployError `FILE_UNREADABLE`
 */
export function withFileSource<T>(path: string, use: (source: ByteSource) => T): T {
  const fd = openForReading(path);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile())
      throw failure('FILE_UNREADABLE', {
        file: path,
        reason: stat.isDirectory() ? 'it is a folder' : 'it is not a regular file',
      });
    return use(fileSource(fd, path, stat.size));
  } finally {
    closeSync(fd);
  }
}

// Without O_NONBLOCK the open of a named pipe waits for a writer, for ever.
function openForReading(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw failure('FILE_UNREADABLE', { file: path, reason: reasonOf(error) }, { cause: error });
  }
}

function fileSource(fd: number, label: string, size: number): ByteSource {
  let window = Buffer.allocUnsafe(windowBytes);
  return {
    label,
    size,
    view: (offset, length) => {
      if (length > window.length) window = Buffer.allocUnsafe(length);
      let filled = 0;
      while (filled < window.length) {
        const count = readAt(fd, window, filled, offset + filled, label);
        if (count === 0) break;
        filled += count;
      }
      return window.subarray(0, filled);
    },
  };
}

function readAt(fd: number, buffer: Buffer, at: number, offset: number, label: string): number {
  try {
    return readSync(fd, buffer, at, buffer.length - at, offset);
  } catch (error) {
    throw failure('FILE_UNREADABLE', { file: label, reason: reasonOf(error) }, { cause: error });
  }
}
