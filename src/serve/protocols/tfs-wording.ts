import { failure, MdeployError } from '../../core/errors/error.ts';
import type { Datatype, TensorSpec } from '../../core/tensor.ts';
import { unknownInput } from '../../core/unknown-input.ts';
import { ElementFault, jsonType } from '../codecs/element-fault.ts';
import type { RowWording } from '../codecs/json-rows.ts';
import { LengthFault, NestingFault } from '../codecs/nesting-fault.ts';
import { dtypeName } from './tfs-dtypes.ts';
import { worded } from './tfs-errors.ts';

/** What TF Serving says about a list of objects (json_tensor.cc, FillTensorMapFromInstancesList). */
export function rowWording(specs: readonly TensorSpec[]): RowWording {
  const expected = specs
    .map(({ name }) => name)
    .sort()
    .join(',');
  const element = (row: number) => `Failed to process element: ${row}`;
  return {
    noObject: (row, { bytes, at }) => {
      const what = jsonType(bytes[at] ?? 0) === 'Array' ? 'list' : 'value';
      return invalid(`Expecting object but got ${what} at item ${row} of input list`, `[${row}]`);
    },
    unknownKey: (row, key) =>
      worded(
        unknownInput(key, specs, { field: `[${row}].${key}` }),
        `${element(row)} key: ${key} of 'instances' list. Error: INVALID_ARGUMENT: JSON object: does not have named input: ${key}`,
      ),
    missingKey: (row, name, text) =>
      worded(
        failure('INPUT_MISSING', { name, inputs: expected }, { field: `[${row}].${name}` }),
        `${element(row)} of 'instances' list. JSON object: ${text} keys must be equal to: ${expected}`,
      ),
    value: (row, key, error) => {
      const spec = specs.find(({ name }) => name === key);
      const text = spec && faultText(error, spec.datatype, row > 0, 0);
      if (text === undefined || !(error instanceof MdeployError)) return error;
      const prefix = `${element(row)} key: ${key} of 'instances' list. Error: INVALID_ARGUMENT: `;
      return worded(error, prefix + text);
    },
  };
}

/** Gives a fault inside one tensor the words of TF Serving; `isRow`: its first axis are the rows of `instances`. */
export function wordValue(error: unknown, datatype: Datatype, isRow: boolean): unknown {
  if (!(error instanceof MdeployError)) return error;
  const row = isRow ? Number(/\[(\d+)\]/.exec(error.details.field ?? '')?.[1] ?? 0) : 0;
  const { cause } = error;
  if (isRow && isNamedObject(cause))
    return worded(error, `Expecting value/list but got object at item ${row} of input list`);
  const text = faultText(error, datatype, row > 0, isRow ? 1 : 0);
  if (text === undefined) return error;
  return worded(
    error,
    isRow ? `Failed to process element: ${row} of 'instances' list. Error: INVALID_ARGUMENT: ${text}` : text,
  );
}

// A row that is an object after rows that are not.
function isNamedObject(fault: unknown): boolean {
  if (fault instanceof ElementFault) return fault.type === 'Object' && fault.depth === 2 && !fault.isBase64;
  return fault instanceof NestingFault && fault.nesting.level === 1 && fault.text.startsWith('{');
}

/** @param outer levels that are rows, not axes of the element */
function faultText(error: unknown, datatype: Datatype, isLater: boolean, outer: number): string | undefined {
  const fault = error instanceof MdeployError ? error.cause : undefined;
  if (fault instanceof ElementFault) return elementText(fault, datatype);
  if (fault instanceof LengthFault) {
    const level = fault.level - outer;
    // The row itself has another length than the rows before it.
    if (level === 0 && isLater) return `Expecting tensor size: ${fault.expected} but got: ${fault.length}`;
    return `Encountered list at unexpected size: ${fault.length} at level: ${level} expected size: ${fault.expected}`;
  }
  if (fault instanceof NestingFault) {
    const level = fault.nesting.level - outer;
    const rank = fault.nesting.rank - outer;
    if (fault.kind === 'list') return `Encountered list at unexpected level: ${level} expected < ${rank}`;
    return `JSON Value: ${fault.text} found at incorrect level: ${level + 1} in the JSON DOM. Expected at level: ${rank}`;
  }
  return undefined;
}

function elementText(fault: ElementFault, datatype: Datatype): string {
  const { text, type } = fault;
  if (datatype === 'BYTES' && type === 'Object')
    return fault.isBase64
      ? 'Unable to base64 decode'
      : `JSON Value: ${text} not formatted correctly for base64 data`;
  if (fault.outOfRange && (datatype === 'FP32' || datatype === 'FP64'))
    return `Cannot convert JSON value: ${text} to ${dtypeName(datatype)} without loss of precision.`;
  return `JSON Value: ${text} Type: ${type} is not of expected type: ${dtypeName(datatype)}`;
}

function invalid(problem: string, field: string): MdeployError {
  const fix = 'Send all rows as objects by input name, or all as lists.';
  return worded(failure('REQUEST_INVALID', { problem, fix }, { field }), problem);
}
