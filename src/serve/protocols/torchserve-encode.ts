import type { InferResponse } from '../../core/inference.ts';
import type { Signature } from '../../core/tensor.ts';
import { JsonWriter } from '../codecs/json-writer.ts';
import { writeAnswers } from './plain-encode.ts';
import type { Prediction } from './torchserve-decode.ts';

/** The answers as JSON, as handlers give them: bare, or as `predictions` of the JSON envelope. */
export function writePrediction(
  response: InferResponse,
  signature: Signature,
  { isOneRow, isEnvelope }: Pick<Prediction, 'isOneRow' | 'isEnvelope'>,
): Uint8Array {
  const writer = new JsonWriter();
  if (isEnvelope) writer.ascii('{"predictions":');
  writeAnswers(writer, response, signature, isOneRow && !isEnvelope);
  writer.ascii(isEnvelope ? '}\n' : '\n');
  return writer.take();
}
