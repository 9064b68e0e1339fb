import { join } from 'node:path';
import { compareTensors } from '../core/compare.ts';
import { failure } from '../core/errors/error.ts';
import type { Signature, Tensor, TensorSpec } from '../core/tensor.ts';
import type { Sample } from '../manifest/manifest.ts';
import { compilePipeline } from '../pipeline/pipeline.ts';
import type { OpenedModel } from '../repository/opened-model.ts';
import { readSample } from '../repository/samples.ts';
import { JsonCursor } from './codecs/json-cursor.ts';
import { isListOfObjects, isObject, readRows } from './codecs/json-rows.ts';
import { JsonTensor } from './codecs/json-tensor.ts';
import { writeTensor } from './codecs/json-write.ts';
import { JsonWriter } from './codecs/json-writer.ts';

/** One output of one sample, as answered over HTTP against what the sample says. */
export interface ReplayRow {
  readonly sample: string;
  readonly output: string;
  readonly ok: boolean;
  /** Why not, or how near. */
  readonly detail: string;
}

/**
 * Sends every sample to a running server and compares the answers within the sample's tolerance: over TF Serving's
 * REST API where it is spoken and has the datatypes, else over `/predict`.
 * @param url of the server, without a path
 * @throws MdeployError of the samples; what the server refuses is a row
 */
export async function replaySamples(
  url: string,
  opened: Pick<OpenedModel, 'manifest' | 'root'>,
): Promise<ReplayRow[]> {
  const { manifest, root } = opened;
  const graph: Signature = { inputs: manifest.inputs, outputs: manifest.outputs };
  const { userSignature: signature } = await compilePipeline(manifest, graph);
  const overTfs = manifest.serving.protocols.includes('tfs') && signature.outputs.every(isTfsType);
  const target = overTfs ? `${url}/v1/models/${encodeURIComponent(manifest.name)}:predict` : `${url}/predict`;
  const rows: ReplayRow[] = [];
  for (const sample of manifest.samples) {
    const inputs = await readSample(join(root, sample.inputs), signature.inputs);
    const expected = await readSample(join(root, sample.outputs), signature.outputs, { partial: true });
    rows.push(...(await replay(target, sample, inputs, expected, signature.outputs)));
  }
  return rows;
}

async function replay(
  target: string,
  sample: Sample,
  inputs: readonly Tensor[],
  expected: readonly Tensor[],
  specs: readonly TensorSpec[],
): Promise<ReplayRow[]> {
  const answer = await ask(target, inputs);
  if (!answer.ok) {
    const detail = `HTTP ${answer.status}: ${Buffer.from(answer.body).toString('utf8', 0, 300)}`;
    return expected.map(({ name }) => ({ sample: sample.inputs, output: name, ok: false, detail }));
  }
  const received = new Map(readAnswer(answer.body, specs).map((tensor) => [tensor.name, tensor]));
  return expected.map((wanted) => {
    const tensor = received.get(wanted.name);
    if (!tensor)
      return { sample: sample.inputs, output: wanted.name, ok: false, detail: 'not in the answer' };
    const { ok, maxAbs, reason } = compareTensors(adopt(tensor, wanted), wanted, sample.tolerance);
    return {
      sample: sample.inputs,
      output: wanted.name,
      ok,
      detail: reason ?? `max error ${maxAbs.toPrecision(3)}`,
    };
  });
}

async function ask(target: string, inputs: readonly Tensor[]) {
  const writer = new JsonWriter();
  writer.ascii('{"inputs":{');
  inputs.forEach((input, index) => {
    if (index > 0) writer.ascii(',');
    writer.key(input.name);
    writeTensor(writer, input, { floats: 'shortest', nonFinite: 'token' });
  });
  writer.ascii('}}');
  try {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(target, { method: 'POST', headers, body: Buffer.from(writer.take()) });
    return { ok: response.ok, status: response.status, body: new Uint8Array(await response.arrayBuffer()) };
  } catch (error) {
    const reason =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw failure('REPLAY_UNANSWERED', { url: target, reason }, { cause: error });
  }
}

/** `{"outputs": …}` or `{"predictions": …}`: one tensor, tensors by name, or a list of rows by name. */
function readAnswer(body: Uint8Array, specs: readonly TensorSpec[]): readonly Tensor[] {
  const cursor = new JsonCursor(body, { nonFinite: true });
  if (!isObject(cursor) || cursor.firstKey() === undefined) return [];
  if (isListOfObjects(cursor))
    return readRows(cursor, specs, {}, { noObject, unknownKey, missingKey, value });
  if (!isObject(cursor)) {
    const [spec] = specs;
    return spec ? [new JsonTensor(cursor, spec).read(cursor).tensor()] : [];
  }
  const tensors: Tensor[] = [];
  for (let key = cursor.firstKey(); key !== undefined; key = cursor.nextKey()) {
    const spec = specs.find(({ name }) => name === key);
    if (!spec) throw unknownKey(0, key);
    tensors.push(new JsonTensor(cursor, spec).read(cursor).tensor());
  }
  return tensors;
}

// `/predict` answers one row without its batch axis; the values are the same.
function adopt(received: Tensor, wanted: Tensor): Tensor {
  return received.data.length === wanted.data.length ? { ...received, shape: wanted.shape } : received;
}

// float16 and unsigned 16 bit have no form in TF Serving's REST API.
function isTfsType({ datatype }: TensorSpec): boolean {
  return datatype !== 'FP16' && datatype !== 'UINT16';
}

function noObject() {
  return foreign('rows that are not all objects');
}

function unknownKey(_row: number, key: string) {
  return foreign(`the output "${key}"`);
}

function missingKey(_row: number, name: string) {
  return foreign(`a row without "${name}"`);
}

function value(_row: number, _key: string, error: unknown): unknown {
  return error;
}

function foreign(received: string) {
  return failure('REPLAY_FOREIGN', { received }, { received });
}
