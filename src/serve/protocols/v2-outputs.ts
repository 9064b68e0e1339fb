import { failure } from '../../core/errors/error.ts';
import type { TensorSpec } from '../../core/tensor.ts';
import type { JsonCursor } from '../codecs/json-cursor.ts';
import { invalid, readParameters, readText, type Scalar, wrongField } from '../codecs/json-fields.ts';
import { readFlag, refuseSharedMemory } from './v2-parameters.ts';

/** One output as the client wants it. */
export interface WantedOutput {
  readonly name: string;
  /** As raw bytes behind the JSON; undefined: as `binary_data_output` of the request says. */
  readonly binary: boolean | undefined;
  /** Classes to name in its place; undefined: the values themselves. */
  readonly classes: number | undefined;
}

/**
 * Reads `outputs`: names and how each is to be sent; null or an empty list means all.
 * @throws MdeployError `REQUEST_INVALID`, `OUTPUT_UNKNOWN`, `FEATURE_UNSUPPORTED`, `BODY_MALFORMED`
 */
export function readOutputs(cursor: JsonCursor, specs: readonly TensorSpec[]): readonly WantedOutput[] {
  if (cursor.word('null')) return [];
  if (cursor.bytes[cursor.at] !== OPEN_LIST) throw wrongField(cursor, 'outputs', 'a list of objects');
  const wanted = new Map<string, WantedOutput>();
  for (let more = cursor.firstItem(); more; more = cursor.nextItem()) {
    const output = readOutput(cursor, `outputs[${wanted.size}]`, specs);
    if (wanted.has(output.name))
      throw invalid(output.name, `Output "${output.name}" is asked for twice.`, 'Name each output once.');
    wanted.set(output.name, output);
  }
  return [...wanted.values()];
}

function readOutput(cursor: JsonCursor, field: string, specs: readonly TensorSpec[]): WantedOutput {
  if (cursor.bytes[cursor.at] !== OPEN_OBJECT) throw wrongField(cursor, field, 'an object');
  let name: string | undefined;
  let parameters: ReadonlyMap<string, Scalar> = new Map();
  for (let key = cursor.firstKey(); key !== undefined; key = cursor.nextKey()) {
    if (key === 'name') name = readText(cursor, `${field}.name`);
    else if (key === 'parameters') parameters = readParameters(cursor, `${field}.parameters`);
    else cursor.skip();
  }
  if (name === undefined) throw invalid(`${field}.name`, `"${field}" has no "name".`, 'Name the output.');
  const spec = specs.find((output) => output.name === name);
  if (!spec) {
    const outputs = specs.map((output) => output.name).join(', ');
    throw failure('OUTPUT_UNKNOWN', { name, outputs }, { field: name });
  }
  refuseSharedMemory(parameters, `Output "${name}"`);
  const binary = readFlag(parameters, 'binary_data', `${field}.parameters`);
  return { name, binary, classes: readClasses(parameters, spec) };
}

/** The `classification` of an output, when it is asked for. @throws MdeployError `REQUEST_INVALID` */
export function readClasses(parameters: ReadonlyMap<string, Scalar>, spec: TensorSpec): number | undefined {
  const classes = parameters.get('classification');
  if (classes === undefined || classes === 0) return undefined;
  const { name, datatype } = spec;
  if (typeof classes !== 'number' || !Number.isSafeInteger(classes) || classes < 0)
    throw invalid(name, `classification of output "${name}" is ${classes}.`, 'Send a whole number above 0.');
  if (datatype === 'BYTES' || datatype === 'BOOL')
    throw invalid(
      name,
      `Output "${name}" is ${datatype}, which has no order to classify by.`,
      'Ask for its values.',
    );
  return classes;
}

const OPEN_LIST = 0x5b;
const OPEN_OBJECT = 0x7b;
