import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { failure } from '../core/errors/error.ts';
import { reasonOf } from '../core/files.ts';
import { toJson } from './body.ts';
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
 * @throws MdeployError `FILE_UNREADABLE`, `INPUT_FILE_UNKNOWN`, `INPUT_FILE_MALFORMED`, `SERVER_…`
 */
export async function predict(question: Question, server: Server, wrap: boolean): Promise<string> {
  const input = await readInput(question, process.stdin);
  if (input.kind !== 'document') return server.predict(await toJson(input, () => server.inputs()));
  return server.predict(wrap ? wrapped(input.text) : input.text);
}

export async function readInput({ input, format }: Question, stdin: NodeJS.ReadableStream): Promise<Input> {
  if (/^\s*[[{]/.test(input))
    return (await readers.load('json')).read(Buffer.from(input), 'the inline input');
  const [file, bytes] =
    input === '-' ? ['standard input', await buffer(stdin)] : [input, await readBytes(input)];
  const name = format ?? (await formatOf(file, bytes));
  if (name === undefined || !readers.has(name)) {
    throw failure('INPUT_FILE_UNKNOWN', { file, formats: readers.names.join(', ') }, { at: { file } });
  }
  return (await readers.load(name)).read(bytes, file);
}

async function readBytes(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    throw failure('FILE_UNREADABLE', { file, reason: reasonOf(error) }, { at: { file }, cause: error });
  }
}

// Only the outermost form changes; the numbers keep their text.
function wrapped(text: string): string {
  const document: unknown = JSON.parse(text);
  if (Array.isArray(document)) return `{"instances": ${text}}`;
  const isTfs =
    document !== null && typeof document === 'object' && ('instances' in document || 'inputs' in document);
  return isTfs ? text : `{"instances": [${text}]}`;
}
