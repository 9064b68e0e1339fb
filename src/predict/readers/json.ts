import { faultOf } from '../loose-json.ts';
import { malformed } from '../malformed.ts';
import type { Reader } from '../reader.ts';

/** JSON as the server takes it: a bare array, `{"features": […]}`, `{"inputs": …}`, `{"instances": […]}`; floats may be NaN, Infinity, -Infinity. */
export const json: Reader = {
  summary: 'JSON in any of the forms that POST /predict takes',
  endings: ['.json'],
  read(bytes, file) {
    const text = decode(bytes, file);
    const fault = faultOf(text);
    if (fault) throw malformed('JSON', file, fault.reason, { line: fault.line, column: fault.column });
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
