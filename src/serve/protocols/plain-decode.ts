import { failure, type MdeployError } from '../../core/errors/error.ts';
import type { Signature, Tensor, TensorSpec } from '../../core/tensor.ts';
import { unknownInput } from '../../core/unknown-input.ts';
import { JsonCursor } from '../codecs/json-cursor.ts';
import { isListOfObjects, isObject, type RowWording, readRows } from '../codecs/json-rows.ts';
import { JsonTensor } from '../codecs/json-tensor.ts';
import type { RawCall } from '../protocol.ts';
import { type Fitted, fitInputs } from './plain-fit.ts';
import { decodeRaw } from './plain-raw.ts';

/** Keys people wrap their rows in; they mean the same. */
export const wrappers = ['features', 'data', 'inputs', 'instances'] as const;

/**
 * Reads a body in any of the hand-written shapes: a wrapper key, an object by input name, a bare list or value, or
 * the raw bytes of the one BYTES input.
 * @throws MdeployError of the codecs; `REQUEST_INVALID`, `INPUT_UNKNOWN`, `INPUT_MISSING`, `INPUT_DUPLICATE`
 */
export function decodePlain(call: Pick<RawCall, 'headers' | 'body'>, signature: Signature): Fitted {
  const specs = signature.inputs;
  const raw = decodeRaw(call, specs);
  if (raw) return { inputs: [raw], isOneRow: true };
  const cursor = new JsonCursor(call.body, { nonFinite: true });
  const given = isObject(cursor) ? readTop(cursor, specs) : readValue(cursor, specs);
  cursor.finish();
  return fitInputs(given.tensors, specs, given.isNamed);
}

/** Tensors as they were nested, in the order of the signature. */
export interface Given {
  readonly tensors: readonly Tensor[];
  /** By name, one tensor per input: columns of one value per row may leave out their last axis. */
  readonly isNamed: boolean;
}

function readTop(cursor: JsonCursor, specs: readonly TensorSpec[]): Given {
  let wrapped: { readonly key: string; readonly given: Given } | undefined;
  const named = new NamedTensors(specs);
  for (let key = cursor.firstKey(); key !== undefined; key = cursor.nextKey()) {
    if (isWrapper(key, cursor, specs)) {
      if (wrapped) throw twice(wrapped.key, key);
      wrapped = { key, given: readValue(cursor, specs) };
    } else named.read(key, cursor, wrappers);
  }
  if (!wrapped) return { tensors: named.finish(), isNamed: specs.length > 1 };
  if (named.count > 0) throw twice(wrapped.key, named.first);
  return wrapped.given;
}

// An input may itself be called `data`: then the name wins, unless it holds an object, which no tensor is.
function isWrapper(key: string, cursor: JsonCursor, specs: readonly TensorSpec[]): boolean {
  if (!wrappers.some((wrapper) => wrapper === key)) return false;
  return !specs.some((spec) => spec.name === key) || isObject(cursor) || isListOfObjects(cursor);
}

/**
 * Reads the value the cursor stands on: an object of tensors by input name, a list of objects (rows), or the tensor of
 * the one input. @throws MdeployError as `decodePlain`
 */
export function readValue(cursor: JsonCursor, specs: readonly TensorSpec[]): Given {
  if (isListOfObjects(cursor))
    return { tensors: readRows(cursor, specs, {}, rowWording(specs)), isNamed: true };
  if (isObject(cursor)) {
    const named = new NamedTensors(specs);
    for (let key = cursor.firstKey(); key !== undefined; key = cursor.nextKey()) named.read(key, cursor);
    return { tensors: named.finish(), isNamed: specs.length > 1 };
  }
  const [spec] = specs;
  if (!spec || specs.length > 1) {
    const problem = `The model has ${specs.length} inputs, and the body does not say which one this is.`;
    const fix = `Send an object with the keys ${namesOf(specs)}, or a list of such objects.`;
    throw failure('REQUEST_INVALID', { problem, fix });
  }
  return { tensors: [new JsonTensor(cursor, spec).read(cursor).tensor()], isNamed: false };
}

/** Tensors of one object by input name. */
class NamedTensors {
  readonly #specs: readonly TensorSpec[];
  readonly #tensors = new Map<string, Tensor>();

  constructor(specs: readonly TensorSpec[]) {
    this.#specs = specs;
  }

  get count(): number {
    return this.#tensors.size;
  }

  get first(): string {
    return this.#tensors.keys().next().value ?? '';
  }

  /** @param others keys that would have been right here, too */
  read(key: string, cursor: JsonCursor, others: readonly string[] = []): void {
    const spec = this.#specs.find(({ name }) => name === key);
    if (!spec) throw unknownInput(key, this.#specs, { others });
    if (this.#tensors.has(key)) throw failure('INPUT_DUPLICATE', { name: key }, { field: key });
    this.#tensors.set(key, new JsonTensor(cursor, spec).read(cursor).tensor());
  }

  /** In the order of the signature. */
  finish(): Tensor[] {
    return this.#specs.map(({ name }) => {
      const tensor = this.#tensors.get(name);
      if (tensor) return tensor;
      throw failure('INPUT_MISSING', { name, inputs: namesOf(this.#specs) }, { field: name });
    });
  }
}

function rowWording(specs: readonly TensorSpec[]): RowWording {
  return {
    noObject: (row) =>
      failure(
        'REQUEST_INVALID',
        {
          problem: `Row ${row} is no object, but the rows before it are.`,
          fix: 'Send all rows as objects by input name, or all as lists.',
        },
        { field: `[${row}]` },
      ),
    unknownKey: (row, key) => unknownInput(key, specs, { field: `[${row}].${key}` }),
    missingKey: (row, name) =>
      failure('INPUT_MISSING', { name, inputs: namesOf(specs) }, { field: `[${row}].${name}` }),
    value: (_row, _key, error) => error,
  };
}

function twice(first: string, second: string): MdeployError {
  const problem = `The body has both "${first}" and "${second}".`;
  return failure('REQUEST_INVALID', { problem, fix: `Send only one of them.` }, { field: second });
}

function namesOf(specs: readonly TensorSpec[]): string {
  return specs.map(({ name }) => name).join(', ');
}
