import type { Tensor } from '../core/tensor.ts';
import { elementsToJson } from '../repository/sample-elements.ts';

/** A tensor as nested JSON lists, every element with all its digits; NaN and infinities as TF Serving spells them. */
export function nestedJson(tensor: Tensor): string {
  const elements = elementTexts(tensor);
  let at = 0;
  const level = (axis: number): string => {
    if (axis === tensor.shape.length) return elements[at++]!;
    return `[${Array.from({ length: tensor.shape[axis]! }, () => level(axis + 1)).join(',')}]`;
  };
  return level(0);
}

/** A tensor as one flat JSON list, C order. */
export function flatJson(tensor: Tensor): string {
  return `[${elementTexts(tensor).join(',')}]`;
}

/** `{"inputs":{"X":[[5.1,3.5]]}}`, which both `/predict` and TF Serving take. */
export function columnsJson(inputs: readonly Tensor[]): string {
  return `{"inputs":{${inputs.map((input) => `${JSON.stringify(input.name)}:${nestedJson(input)}`).join(',')}}}`;
}

/**
 * Parses an answer: whole numbers beyond 2^53 become their text, and the bare words NaN and Infinity are read where an
 * answer has them.
 * @throws SyntaxError
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text, withAllDigits);
  } catch (error) {
    const quoted = text.replace(/(?<=[[,:]\s*)(NaN|-?Infinity)(?=\s*[,\]}])/g, '"$1"');
    if (quoted === text) throw error;
    return JSON.parse(quoted, withAllDigits);
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function elementTexts(tensor: Tensor): string[] {
  const elements = elementsToJson(tensor);
  // Beyond BYTES, text stands for what JSON.stringify would lose: NaN, -0 and the digits of large integers.
  return elements.map((element) => (tensor.datatype === 'BYTES' ? JSON.stringify(element) : String(element)));
}

// `source` is the number as it was written (ECMAScript 2026, in Node since 22).
function withAllDigits(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || !context?.source) return value;
  return /^-?\d+$/.test(context.source) ? context.source : value;
}
