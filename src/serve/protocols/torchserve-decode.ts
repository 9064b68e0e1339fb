import { failure } from '../../core/errors/error.ts';
import type { Signature, Tensor, TensorSpec } from '../../core/tensor.ts';
import { JsonCursor } from '../codecs/json-cursor.ts';
import { JsonTensor } from '../codecs/json-tensor.ts';
import { mediaType } from '../codecs/media-type.ts';
import { type FormPart, readMultipart } from '../codecs/multipart.ts';
import type { RawCall } from '../protocol.ts';
import { decodePlain } from './plain-decode.ts';
import { type Fitted, fitInputs } from './plain-fit.ts';

export interface Prediction extends Fitted {
  /** `{"instances": …}` was sent, TorchServe's JSON envelope: the reply has `predictions`. */
  readonly isEnvelope: boolean;
}

/**
 * Reads a body as handlers get it: the value itself, or a form whose field `data` or `body`, or one field per input,
 * holds it. For BYTES the value is any bytes, else it is JSON in the forms of `POST /predict`.
 * @throws MdeployError as `decodePlain` and `readMultipart`; `INPUT_MISSING`
 */
export function decodePrediction(
  { headers, body }: Pick<RawCall, 'headers' | 'body'>,
  signature: Signature,
): Prediction {
  const { type, parameters } = mediaType(headers['content-type']);
  if (type === 'multipart/form-data')
    return fromForm(readMultipart(body, parameters.get('boundary')), signature);
  if (type === 'application/x-www-form-urlencoded' && isForm(body))
    return fromForm(formFields(body), signature);
  return fromValue({ name: 'body', type, body }, signature);
}

function fromValue({ type, body }: FormPart, signature: Signature): Prediction {
  const isRaw = takesBytes(signature) && !type.includes('json');
  // `curl -T` names no type, and a file of a form need not have a useful one.
  const known = isRaw && !/^(?:image|audio|video|text)\//.test(type) ? 'application/octet-stream' : type;
  const headers = { 'content-type': isRaw ? known : 'application/json' };
  const isEnvelope = !isRaw && isInstances(body);
  const fitted = decodePlain({ headers, body }, signature);
  return { ...fitted, isEnvelope };
}

/** A form, or the entries of a gRPC request. @throws MdeployError as `decodePrediction` */
export function fromForm(parts: readonly FormPart[], signature: Signature): Prediction {
  const { inputs } = signature;
  const part = (name: string) => {
    const [found, second] = parts.filter((each) => each.name === name);
    if (second) throw failure('INPUT_DUPLICATE', { name }, { field: name });
    return found;
  };
  const whole =
    part('data') ?? part('body') ?? (parts.length === 1 && inputs.length === 1 ? parts[0] : undefined);
  const byName = inputs.map(({ name }) => part(name));
  if (whole && byName.some((each) => each === undefined)) return fromValue(whole, signature);
  const [only] = byName;
  if (inputs.length === 1 && only) return fromValue(only, signature);
  const tensors = inputs.map((spec, index) => readField(byName[index], spec, inputs));
  return { ...fitInputs(tensors, inputs, true), isEnvelope: false };
}

function readField(part: FormPart | undefined, spec: TensorSpec, inputs: readonly TensorSpec[]): Tensor {
  const { name, datatype } = spec;
  if (!part) {
    const names = inputs.map((input) => input.name).join(', ');
    throw failure('INPUT_MISSING', { name, inputs: names }, { field: name });
  }
  if (datatype === 'BYTES' && !part.type.includes('json')) {
    const text = Buffer.from(part.body).toString('utf8');
    const isText = Buffer.from(text).equals(part.body);
    return {
      name,
      datatype,
      shape: [],
      data: [isText ? text : new Uint8Array(part.body)],
    };
  }
  const cursor = new JsonCursor(part.body, { nonFinite: true });
  const tensor = new JsonTensor(cursor, spec).read(cursor).tensor();
  cursor.finish();
  return tensor;
}

function takesBytes({ inputs }: Signature): boolean {
  return inputs.length === 1 && inputs[0]?.datatype === 'BYTES';
}

function isInstances(body: Uint8Array): boolean {
  const cursor = new JsonCursor(body, { nonFinite: true });
  return cursor.bytes[cursor.at] === OPEN_OBJECT && cursor.firstKey() === 'instances';
}

// curl calls every body a form that is given with -d, JSON, too.
function isForm(body: Uint8Array): boolean {
  const first = body.find((byte) => byte > 32);
  return first !== undefined && /[A-Za-z_]/.test(String.fromCharCode(first)) && body.includes(EQUALS);
}

function formFields(body: Uint8Array): readonly FormPart[] {
  const fields = new URLSearchParams(Buffer.from(body).toString('utf8'));
  return [...fields].map(([name, value]) => ({ name, type: 'text/plain', body: Buffer.from(value) }));
}

const EQUALS = 0x3d;
const OPEN_OBJECT = 0x7b;
