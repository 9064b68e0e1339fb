import { failure } from '../../core/errors/error.ts';
import { readNpy } from '../../core/npy.ts';
import type { TensorSpec } from '../../core/tensor.ts';
import { castTensor } from '../codecs/cast-tensor.ts';
import { readCsvTable } from '../codecs/csv-table.ts';
import { mediaType } from '../codecs/media-type.ts';
import type { ModelFacts, RawCall } from '../protocol.ts';
import { decodePlain } from './plain-decode.ts';
import { type Fitted, fitColumns, fitInputs } from './plain-fit.ts';

/**
 * Reads a body by its content type: JSON in the forms of `POST /predict`, JSON lines, CSV without a header, NumPy, or
 * the raw bytes of the one BYTES input.
 * @throws MdeployError of the codecs; `CONTENT_TYPE_UNSUPPORTED`, `REQUEST_INVALID`
 */
export function decodeInvocationBody(
  { headers, body }: Pick<RawCall, 'headers' | 'body'>,
  { signature, columns = new Map() }: ModelFacts,
): Fitted {
  const { inputs } = signature;
  const { type, parameters } = mediaType(headers['content-type']);
  if (type === 'text/csv') {
    const table = readCsvTable(body, { inputs, features: columns }, parameters.get('header') === 'present');
    return { inputs: fitColumns(table, inputs), isOneRow: false };
  }
  if (type === 'application/x-npy') return readArray(body, inputs);
  if (jsonLines.has(type))
    return { ...decodePlain({ headers: {}, body: asList(body) }, signature), isOneRow: false };
  const takesBytes = inputs.length === 1 && inputs[0]?.datatype === 'BYTES';
  if (type === '' || type.endsWith('json') || type === curlsDefault || takesBytes)
    return decodePlain({ headers, body }, signature);
  const types = 'application/json, application/jsonlines, text/csv, application/x-npy';
  throw failure(
    'CONTENT_TYPE_UNSUPPORTED',
    { type, types },
    { field: 'Content-Type', expected: types, received: type },
  );
}

function readArray(body: Uint8Array, specs: readonly TensorSpec[]): Fitted {
  const [spec] = specs;
  if (!spec || specs.length > 1) {
    const problem = `A NumPy array is one tensor, and the model has ${specs.length} inputs.`;
    throw failure('REQUEST_INVALID', { problem, fix: 'Send JSON with every input by name.' });
  }
  const array = readNpy(body, spec.name, (reason) => failure('BODY_MALFORMED', { format: 'NPY', reason }));
  return fitInputs([castTensor(array, spec)], specs, false);
}

// One JSON value per line is one row; between brackets they are a list of rows.
function asList(body: Uint8Array): Uint8Array {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const list = Buffer.allocUnsafe(text.length + 2);
  list[0] = OPEN_LIST;
  let at = 1;
  let isBlank = true;
  let wasLine = false;
  for (const byte of text) {
    if (byte === LINE_END) {
      wasLine ||= !isBlank;
      isBlank = true;
    } else if (byte > 32) {
      if (isBlank && wasLine) list[at++] = COMMA;
      isBlank = false;
    }
    if (byte !== LINE_END) list[at++] = byte;
  }
  if (isBlank && !wasLine) throw failure('BODY_MALFORMED', { format: 'JSON lines', reason: 'it is empty' });
  list[at++] = CLOSE_LIST;
  return list.subarray(0, at);
}

const jsonLines = new Set(['application/jsonlines', 'application/x-ndjson', 'application/jsonl']);
const curlsDefault = 'application/x-www-form-urlencoded';
const LINE_END = 0x0a;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
