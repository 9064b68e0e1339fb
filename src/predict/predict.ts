import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { failure, type MdeployError } from '../core/errors/error.ts';
import { reasonOf } from '../core/files.ts';
import { nearest } from '../core/suggest.ts';
import { showSpec, type TensorSpec } from '../core/tensor.ts';
import { toJson } from './body.ts';
import { parseLoose } from './loose-json.ts';
import { malformed } from './malformed.ts';
import type { Input } from './reader.ts';
import { formatOf, readers } from './readers.ts';
import type { Server } from './server.ts';

export interface Question {
  /** A path, `-` for standard input, or JSON itself. */
  readonly input: string;
  /** Name of a reader; absent: told from the file. */
  readonly format?: string;
}

/**
 * Reads the input, asks the server and gives its answer back as it came.
 * @param wrap for TF Serving, which takes no bare list: `[…]` → `{"instances": […]}`
 * @throws MdeployError `USAGE`, `FILE_UNREADABLE`, `INPUT_FILE_UNKNOWN`, `INPUT_FILE_MALFORMED`, `INPUT_FILE_MISFIT`,
 *   `SERVER_…`
 */
export async function predict(question: Question, server: Server, wrap: boolean): Promise<string> {
  const input = await readInput(question, process.stdin);
  if (input.kind === 'file') refuseFile(question.input, await server.inputs());
  if (input.kind !== 'document') return server.predict(await toJson(input, () => server.inputs()));
  return server.predict(wrap ? wrapped(input.text) : input.text);
}

// Without `decode_image` a model takes numbers, and would answer with a page of base64.
function refuseFile(file: string, inputs: readonly TensorSpec[]): void {
  if (inputs.length === 0 || inputs.some(({ datatype }) => datatype === 'BYTES')) return;
  const takes = inputs.map((spec) => `${spec.name} ${showSpec(spec)}`).join(', ');
  throw failure(
    'INPUT_FILE_MISFIT',
    { file, takes },
    { at: { file }, expected: takes, received: 'a picture' },
  );
}

export async function readInput({ input, format }: Question, stdin: NodeJS.ReadableStream): Promise<Input> {
  if (input.trim() === '') throw usage('Nothing to predict: --input is empty.');
  if (format !== undefined && !readers.has(format)) throw usage(unknownFormat(format));
  if (/^\s*[[{]/.test(input))
    return (await readers.load('json')).read(Buffer.from(input), 'the inline input');
  const [file, bytes] =
    input === '-' ? ['standard input', await buffer(stdin)] : [input, await readBytes(input)];
  if (bytes.length === 0) throw malformed(format?.toUpperCase() ?? 'an input', file, 'it is empty');
  const name = format ?? (await formatOf(file, bytes));
  if (name === undefined) {
    throw failure('INPUT_FILE_UNKNOWN', { file, formats: readers.names.join(', ') }, { at: { file } });
  }
  return (await readers.load(name)).read(bytes, file);
}

function unknownFormat(format: string): string {
  const near = nearest(format, readers.names);
  const hint = near === undefined ? '' : ` Did you mean "${near}"?`;
  return `--format must be one of ${readers.names.join(', ')}, not "${format}".${hint}`;
}

function usage(problem: string): MdeployError {
  return failure('USAGE', { problem, verb: 'predict' });
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    const kind = await stat(file);
    // A pipe (`<(…)` of a shell) ends; a device such as /dev/zero does not.
    if (kind.isCharacterDevice()) throw new Error('it is a device');
    return await (kind.isFIFO() ? readPipe(file) : readFile(file));
  } catch (error) {
    throw failure('FILE_UNREADABLE', { file, reason: reasonOf(error) }, { at: { file }, cause: error });
  }
}

// Node would wait for the other end of the pipe in a thread that nothing interrupts, Ctrl-C neither.
async function readPipe(file: string): Promise<Uint8Array> {
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  if (!fstatSync(fd).isFIFO()) {
    closeSync(fd);
    throw new Error('it was a pipe a moment ago');
  }
  return buffer(new Socket({ fd, readable: true, writable: false }));
}

// Only the outermost form changes; the numbers keep their text.
function wrapped(text: string): string {
  const document = parseLoose(text);
  if (Array.isArray(document)) return `{"instances": ${text}}`;
  const isTfs =
    document !== null && typeof document === 'object' && ('instances' in document || 'inputs' in document);
  return isTfs ? text : `{"instances": [${text}]}`;
}
