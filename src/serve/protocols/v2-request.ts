import { failure } from '../../core/errors/error.ts';
import type { InferRequest } from '../../core/inference.ts';
import type { Signature, Tensor } from '../../core/tensor.ts';
import { JsonCursor } from '../codecs/json-cursor.ts';
import { invalid, readParameters, readText, type Scalar, wrongField } from '../codecs/json-fields.ts';
import type { RawCall } from '../protocol.ts';
import { type Blobs, type SplitBody, splitBody } from './v2-blobs.ts';
import { readInput } from './v2-input.ts';
import { readOutputs, type WantedOutput } from './v2-outputs.ts';
import { checkRequestParameters, readFlag } from './v2-parameters.ts';
import { readRawInput } from './v2-raw.ts';

/** How the client wants its reply. */
export interface ReplyForm {
  readonly id: string | undefined;
  /** What was asked for, in order; empty: all outputs. */
  readonly outputs: readonly WantedOutput[];
  /** Outputs that say nothing themselves go as raw bytes. */
  readonly binary: boolean;
}

export interface V2Body extends Pick<InferRequest, 'inputs' | 'outputs' | 'parameters'> {
  readonly form: ReplyForm;
}

/**
 * Reads an inference request, JSON and raw tensors mixed (Open Inference v2, "Inference"; binary tensor data extension).
 * @throws MdeployError `REQUEST_INVALID`, `INPUT_UNKNOWN`, `INPUT_DUPLICATE`, `INPUT_DATATYPE`, `OUTPUT_UNKNOWN`,
 * `FEATURE_UNSUPPORTED` and those of the codecs
 */
export function decodeInfer(call: Pick<RawCall, 'headers' | 'body'>, signature: Signature): V2Body {
  const split = splitBody(call);
  if (split) return readDocument(split, signature);
  return { inputs: [readRawInput(call.body, signature)], form: { id: undefined, outputs: [], binary: true } };
}

function readDocument({ json, blobs }: SplitBody, signature: Signature): V2Body {
  const cursor = new JsonCursor(json, { nonFinite: true });
  if (cursor.bytes[cursor.at] !== OPEN_OBJECT) throw wrongField(cursor, 'the request', 'an object');
  let id: string | undefined;
  let inputs: readonly Tensor[] | undefined;
  let outputs: readonly WantedOutput[] = [];
  let parameters: ReadonlyMap<string, Scalar> = new Map();
  const seen = new Set<string>();
  for (let key = cursor.firstKey(); key !== undefined; key = cursor.nextKey()) {
    if (isKnown(key)) {
      if (seen.has(key)) throw invalid(key, `The request has "${key}" twice.`, 'Send every key once.');
      seen.add(key);
    }
    if (key === 'inputs') inputs = readInputs(cursor, signature, blobs);
    else if (key === 'outputs') outputs = readOutputs(cursor, signature.outputs);
    else if (key === 'parameters') parameters = readParameters(cursor, 'parameters');
    else if (key !== 'id') cursor.skip();
    else if (!cursor.word('null')) id = readText(cursor, 'id');
  }
  cursor.finish();
  if (!inputs) throw invalid('inputs', 'The request has no "inputs".', 'Send {"inputs": [...]}.');
  blobs.finish();
  checkRequestParameters(parameters);
  const binary = readFlag(parameters, 'binary_data_output', 'parameters') ?? false;
  return {
    inputs,
    ...(outputs.length > 0 && { outputs: outputs.map(({ name }) => name) }),
    ...(parameters.size > 0 && { parameters: Object.fromEntries(parameters) }),
    form: { id, outputs, binary },
  };
}

function readInputs(cursor: JsonCursor, { inputs: specs }: Signature, blobs: Blobs): readonly Tensor[] {
  if (cursor.bytes[cursor.at] !== OPEN_LIST) throw wrongField(cursor, 'inputs', 'a list of objects');
  const inputs = new Map<string, Tensor>();
  for (let more = cursor.firstItem(); more; more = cursor.nextItem()) {
    const input = readInput(cursor, `inputs[${inputs.size}]`, specs, blobs);
    if (inputs.has(input.name)) throw failure('INPUT_DUPLICATE', { name: input.name }, { field: input.name });
    inputs.set(input.name, input);
  }
  return [...inputs.values()];
}

// Not a set: a body may have a million other keys, and each would be hashed.
function isKnown(key: string): boolean {
  return key === 'id' || key === 'inputs' || key === 'outputs' || key === 'parameters';
}

const OPEN_LIST = 0x5b;
const OPEN_OBJECT = 0x7b;
