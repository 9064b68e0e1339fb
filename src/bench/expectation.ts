import type { Tolerance } from '../core/compare.ts';
import type { Tensor } from '../core/tensor.ts';
import { elementsToJson } from '../repository/sample-elements.ts';
import { isObject } from './json.ts';

/** What an answer must hold, by output name. */
export interface Expectation {
  readonly outputs: ReadonlyMap<string, Expected>;
  readonly tolerance: Tolerance;
}

interface Expected {
  readonly elements: readonly unknown[];
  /** Numbers are classes and counts: a tolerance would take one for another. */
  readonly isExact: boolean;
}

/** Of a sample's outputs. */
export function expectTensors(tensors: readonly Tensor[], tolerance: Tolerance): Expectation {
  const entry = (tensor: Tensor): [string, Expected] => [
    tensor.name,
    { elements: elementsToJson(tensor), isExact: !tensor.datatype.startsWith('FP') },
  ];
  return { outputs: new Map(tensors.map(entry)), tolerance };
}

/** Of an answer that was given before. */
export function expectValues(values: ReadonlyMap<string, unknown>): Expectation {
  const entry = ([name, value]: [string, unknown]): [string, Expected] => {
    const elements = flatten(value);
    return [name, { elements, isExact: elements.every((element) => Number.isInteger(element)) }];
  };
  return { outputs: new Map([...values].map(entry)), tolerance: { rtol: 1e-4, atol: 1e-5 } };
}

/** The first difference in words; undefined when there is none. Outputs that nothing is expected of are not looked at. */
export function differenceOf(
  values: ReadonlyMap<string, unknown>,
  { outputs, tolerance }: Expectation,
): string | undefined {
  for (const [name, { elements, isExact }] of outputs) {
    // An answer with one output may leave its name out.
    const value = values.get(name) ?? (outputs.size === 1 ? values.get('') : undefined);
    if (value === undefined) return `output "${name}" is missing`;
    const received = flatten(value);
    if (received.length !== elements.length)
      return `output "${name}" has ${received.length} values, not ${elements.length}`;
    const at = elements.findIndex((wanted, index) => !isEqual(received[index], wanted, isExact, tolerance));
    if (at >= 0)
      return `output "${name}" at ${at}: expected ${show(elements[at])}, received ${show(received[at])}`;
  }
  return undefined;
}

function flatten(value: unknown): unknown[] {
  return Array.isArray(value) ? value.flat(Number.POSITIVE_INFINITY) : [value];
}

function isEqual(received: unknown, wanted: unknown, isExact: boolean, { rtol, atol }: Tolerance): boolean {
  if (isObject(wanted) || isObject(received)) return JSON.stringify(received) === JSON.stringify(wanted);
  // `/predict` has no word for what is not finite.
  if (received === null) return /^(NaN|-?Infinity)$/.test(String(wanted));
  if (isExact || Number.isNaN(Number(wanted))) return String(received) === String(wanted);
  return Number(received) === Number(wanted) || near(Number(received), Number(wanted), rtol, atol);
}

function near(received: number, wanted: number, rtol: number, atol: number): boolean {
  return Math.abs(received - wanted) <= atol + rtol * Math.abs(wanted);
}

function show(element: unknown): string {
  const text = JSON.stringify(element) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
