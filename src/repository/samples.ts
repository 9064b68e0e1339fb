import { readFile } from 'node:fs/promises';
import { failure } from '../core/errors/error.ts';
import { reasonOf, writeFileAtomic } from '../core/files.ts';
import { nearest } from '../core/suggest.ts';
import {
  type Datatype,
  datatypes,
  elementCount,
  showSpec,
  type Tensor,
  type TensorSpec,
} from '../core/tensor.ts';
import { elementsToJson, readElements } from './sample-elements.ts';
import { misfit } from './sample-faults.ts';

export interface ReadSampleOptions {
  /** Tensors may be left out: the expected outputs of a sample need not name them all. */
  readonly partial?: boolean;
}

/**
 * Reads a sample document: `{ "<name>": {datatype, shape, data} }` with flat or nested data, or the short form
 * `{ "<name>": nested list }`, typed by the signature. Integers beyond 2^53 are exact, as numbers or text; BYTES are
 * text or {"b64"}; NaN and infinities are the texts "NaN", "Infinity", "-Infinity".
 * @returns tensors in the order of `specs`
 * @throws MdeployError `FILE_UNREADABLE`, `SAMPLE_MALFORMED`, `SAMPLE_MISFIT`
 */
export async function readSample(
  file: string,
  specs: readonly TensorSpec[],
  options: ReadSampleOptions = {},
): Promise<Tensor[]> {
  const document = await readDocument(file);
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  for (const name of document.keys()) {
    if (!byName.has(name)) throw unknownTensor(file, name, [...byName.keys()]);
  }
  const tensors: Tensor[] = [];
  for (const spec of specs) {
    const entry = document.get(spec.name);
    if (entry !== undefined) tensors.push(readTensor(file, spec, entry));
    else if (!options.partial) throw misfit(file, spec.name, `a tensor ${showSpec(spec)}`, 'nothing');
  }
  if (tensors.length === 0)
    throw failure('SAMPLE_MALFORMED', { file, reason: 'it holds no tensor' }, { at: { file } });
  return tensors;
}

/** Writes a sample document in the long form, flat data; `readSample` gives the same tensors back. */
export async function writeSample(file: string, tensors: readonly Tensor[]): Promise<void> {
  const entries = tensors.map((tensor) => {
    const body = { datatype: tensor.datatype, shape: tensor.shape, data: elementsToJson(tensor) };
    return `  ${JSON.stringify(tensor.name)}: ${JSON.stringify(body)}`;
  });
  await writeFileAtomic(file, `{\n${entries.join(',\n')}\n}\n`);
}

async function readDocument(file: string): Promise<ReadonlyMap<string, unknown>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw failure('FILE_UNREADABLE', { file, reason: reasonOf(error) }, { at: { file }, cause: error });
  }
  let document: unknown;
  try {
    document = JSON.parse(text, keepLargeIntegers);
  } catch (error) {
    // The reviver recurses: a document nested thousands deep overflows the stack and is no sample anyway.
    const reason = error instanceof RangeError ? 'it is nested too deep' : reasonOf(error);
    throw failure('SAMPLE_MALFORMED', { file, reason }, { at: { file }, cause: error });
  }
  if (!isObject(document)) {
    throw failure('SAMPLE_MALFORMED', { file, reason: 'the top level is not an object' }, { at: { file } });
  }
  return new Map(Object.entries(document));
}

function readTensor(file: string, spec: TensorSpec, entry: unknown): Tensor {
  if (!isObject(entry)) {
    const shape = shapeOf(entry);
    return fill(file, spec, shape, entry);
  }
  const { datatype, shape, data, ...others } = entry;
  const other = Object.keys(others)[0];
  if (other !== undefined) {
    throw misfit(file, `${spec.name}.${other}`, 'only datatype, shape and data', 'this key');
  }
  if (datatype !== undefined && datatype !== spec.datatype) {
    const expected = datatypes.includes(datatype as Datatype)
      ? spec.datatype
      : `a datatype, ${spec.datatype}`;
    throw misfit(file, `${spec.name}.datatype`, expected, JSON.stringify(datatype));
  }
  if (data === undefined) throw misfit(file, `${spec.name}.data`, 'a list of elements', 'nothing');
  return fill(file, spec, shape === undefined ? shapeOf(data) : givenShape(file, spec, shape), data);
}

function fill(file: string, spec: TensorSpec, shape: readonly number[], data: unknown): Tensor {
  if (!fits(shape, spec)) {
    throw misfit(file, `${spec.name}.shape`, showSpec(spec), showSpec({ datatype: spec.datatype, shape }));
  }
  const elements = readElements(file, spec, shape, data);
  return { name: spec.name, datatype: spec.datatype, shape, data: elements };
}

function givenShape(file: string, spec: TensorSpec, shape: unknown): number[] {
  const isLength = (dim: unknown): dim is number => Number.isSafeInteger(dim) && (dim as number) >= 0;
  if (Array.isArray(shape) && shape.every(isLength) && Number.isSafeInteger(elementCount(shape)))
    return shape;
  throw misfit(file, `${spec.name}.shape`, 'a list of lengths', JSON.stringify(shape));
}

// The lengths of the first element of each level; readElements finds rows that differ.
function shapeOf(data: unknown): number[] {
  const shape: number[] = [];
  for (let level = data; Array.isArray(level) && shape.length <= 64; level = level[0])
    shape.push(level.length);
  return shape;
}

function fits(shape: readonly number[], spec: TensorSpec): boolean {
  if (spec.shape === null) return true;
  if (shape.length !== spec.shape.length) return false;
  return spec.shape.every((dim, axis) => typeof dim === 'string' || dim === shape[axis]);
}

function unknownTensor(file: string, name: string, names: readonly string[]): Error {
  const near = nearest(name, names);
  const expected = `one of ${names.join(', ')}${near === undefined ? '' : ` (did you mean "${near}"?)`}`;
  return misfit(file, 'names', expected, `"${name}"`);
}

// JSON numbers beyond 2^53 keep their digits: `source` is the text of the number (ECMAScript 2026, in Node 22 on).
function keepLargeIntegers(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || !context?.source) return value;
  return /^-?\d+$/.test(context.source) ? BigInt(context.source) : value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
