import type { InferResponse } from '../../core/inference.ts';
import { elementCount, type Tensor } from '../../core/tensor.ts';
import { binarySize, writeBinary } from '../codecs/binary-tensor.ts';
import { type WriteOptions, writeTensor } from '../codecs/json-write.ts';
import { JsonWriter } from '../codecs/json-writer.ts';
import type { ModelFacts, RawReply } from '../protocol.ts';
import { hasBatchAxis } from './plain-fit.ts';
import { classify } from './v2-classify.ts';
import type { ReplyForm } from './v2-request.ts';

/**
 * Writes an inference reply: values flat in JSON, or as raw bytes behind it where the client wants that (Open Inference
 * v2, "Inference Response"; binary tensor data extension).
 */
export function encodeInfer(response: InferResponse, form: ReplyForm, facts: ModelFacts): RawReply {
  const writer = new JsonWriter();
  const raw: Tensor[] = [];
  writer.ascii('{"model_name":');
  writer.string(response.model);
  writer.ascii(',"model_version":');
  writer.string(response.version);
  if (form.id !== undefined) {
    writer.ascii(',"id":');
    writer.string(form.id);
  }
  writer.ascii(',"outputs":[');
  response.outputs.forEach((output, index) => {
    const wanted = form.outputs.find(({ name }) => name === output.name);
    const tensor = wanted?.classes === undefined ? output : classified(output, wanted.classes, facts);
    if (index > 0) writer.ascii(',');
    writeHead(writer, tensor);
    if (wanted?.binary ?? form.binary) {
      writer.ascii(`,"parameters":{"binary_data_size":${binarySize(tensor)}}}`);
      raw.push(tensor);
    } else {
      writer.ascii(',"data":');
      writeTensor(writer, { ...tensor, shape: [elementCount(tensor.shape)] }, options);
      writer.ascii('}');
    }
  });
  writer.ascii(']}');
  return withBlobs(writer.take(), raw);
}

function writeHead(writer: JsonWriter, { name, datatype, shape }: Tensor): void {
  writer.ascii('{"name":');
  writer.string(name);
  writer.ascii(`,"datatype":"${datatype}","shape":[${shape.join(',')}]`);
}

function withBlobs(json: Uint8Array, raw: readonly Tensor[]): RawReply {
  const size = raw.reduce((sum, tensor) => sum + binarySize(tensor), 0);
  if (size === 0) return { status: 200, headers: { 'content-type': 'application/json' }, body: json };
  const body = Buffer.allocUnsafe(json.length + size);
  body.set(json);
  let at = json.length;
  for (const tensor of raw) at = writeBinary(tensor, body, at);
  return {
    status: 200,
    headers: {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(json.length),
    },
    body,
  };
}

function classified(output: Tensor, classes: number, { signature, labels }: ModelFacts): Tensor {
  const spec = signature.outputs.find(({ name }) => name === output.name);
  return classify(output, classes, hasBatchAxis(spec?.shape ?? null), labels.get(output.name));
}

const options: WriteOptions = { floats: 'shortest', nonFinite: 'token', bytes: 'text' };
