import { malformed } from '../malformed.ts';
import type { Reader } from '../reader.ts';

/** JSON as the server takes it: a bare array, `{"features": […]}`, `{"inputs": …}`, `{"instances": […]}`. */
export const json: Reader = {
  summary: 'JSON in any of the forms that POST /predict takes',
  endings: ['.json'],
  read(bytes, file) {
    const text = decode(bytes, file);
    try {
      JSON.parse(text);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw malformed('JSON', file, reason, { ...placeOf(reason, text), cause: error });
    }
    return { kind: 'document', text };
  },
};

function decode(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw malformed('JSON', file, 'it is not UTF-8 text', { cause: error });
  }
}

// V8 says "… (line 2 column 3)", or quotes the text at fault, or that the text ends early.
function placeOf(reason: string, text: string): { line?: number; column?: number } {
  const at = /line (\d+) column (\d+)/.exec(reason);
  if (at) return { line: Number(at[1]), column: Number(at[2]) };
  if (!/\bend\b/.test(reason)) return {};
  const lines = text.split('\n');
  return { line: lines.length, column: lines.at(-1)!.length + 1 };
}
