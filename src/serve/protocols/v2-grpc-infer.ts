import { failure } from '../../core/errors/error.ts';
import type { InferResponse } from '../../core/inference.ts';
import type { Tensor } from '../../core/tensor.ts';
import { unknownInput } from '../../core/unknown-input.ts';
import { readBinary } from '../codecs/binary-tensor.ts';
import { invalid, type Scalar } from '../codecs/json-fields.ts';
import type { GrpcDecoded } from '../grpc-protocol.ts';
import {
  type InferInputTensor,
  type InferParameter,
  ModelInferRequest,
  type ModelInferResponse,
} from '../proto/open-inference.gen.ts';
import type { Init } from '../protobuf/message.ts';
import type { Catalogue, ModelFacts } from '../protocol.ts';
import { hasBatchAxis } from './plain-fit.ts';
import { classify } from './v2-classify.ts';
import { rawOf, readContents, writeContents } from './v2-grpc-tensors.ts';
import { target } from './v2-models.ts';
import { readClasses, type WantedOutput } from './v2-outputs.ts';
import {
  checkRequestParameters,
  readFlag,
  refuseInputParameters,
  refuseSharedMemory,
} from './v2-parameters.ts';
import { readWireShape } from './wire-shape.ts';

/**
 * Reads an inference request. The reply is raw when the request was, or had no inputs, or an output is FP16, which has
 * no typed field; else typed.
 * @param write makes the bytes of a reply
 * @throws MdeployError `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`, `BODY_MALFORMED`, `REQUEST_INVALID`, `INPUT_UNKNOWN`,
 * `INPUT_DUPLICATE`, `INPUT_DATATYPE`, `INPUT_VALUE`, `OUTPUT_UNKNOWN`, `FEATURE_UNSUPPORTED`
 */
export function decodeInferMessage(
  body: Uint8Array,
  catalogue: Catalogue,
  write: (response: Init<ModelInferResponse>) => Uint8Array,
): GrpcDecoded {
  const asked = ModelInferRequest.decode(body);
  const version = asked.modelVersion === '' ? undefined : asked.modelVersion;
  const facts = target({ params: { name: asked.modelName, version } }, catalogue);
  const parameters = scalarsOf(asked.parameters);
  checkRequestParameters(parameters, [emptyFinal]);
  readFlag(parameters, emptyFinal, 'parameters');
  const inputs = readInputs(asked, facts);
  const wanted = readOutputs(asked, facts);
  const isRaw = asked.rawInputContents.length > 0 || inputs.length === 0;
  return {
    request: {
      model: facts.name,
      ...(version !== undefined && { version: facts.version }),
      inputs,
      ...(wanted.length > 0 && { outputs: wanted.map(({ name }) => name) }),
      ...(parameters.size > 0 && { parameters: Object.fromEntries(parameters) }),
    },
    encode: (response) => write(replyOf(response, asked.id, isRaw, wanted, facts)),
  };
}

function readInputs({ inputs, rawInputContents: raw }: ModelInferRequest, facts: ModelFacts): Tensor[] {
  if (raw.length > 0 && raw.length !== inputs.length) {
    const problem = `raw_input_contents has ${raw.length} entries for ${inputs.length} inputs.`;
    throw invalid('raw_input_contents', problem, 'Send one entry per input, in their order.');
  }
  const seen = new Set<string>();
  return inputs.map((input, index) => {
    const head = headOf(input, `inputs[${index}]`, facts);
    if (seen.has(head.name)) throw failure('INPUT_DUPLICATE', { name: head.name }, { field: head.name });
    seen.add(head.name);
    const bytes = raw[index];
    if (!bytes) return readContents(input.contents, head, facts.name);
    if (input.contents && Object.values(input.contents).some((list) => list.length > 0)) {
      const problem = `contents field must not be specified when using raw_input_contents for '${head.name}' for model '${facts.name}'.`;
      throw invalid(head.name, problem, 'Send one of them.');
    }
    return { ...head, data: readBinary(bytes, head) };
  });
}

function headOf(
  { name, datatype, shape, parameters }: InferInputTensor,
  field: string,
  { signature }: ModelFacts,
) {
  const spec = signature.inputs.find((input) => input.name === name);
  if (!spec) throw unknownInput(name, signature.inputs);
  if (datatype !== spec.datatype) {
    const facts = { expected: spec.datatype, received: datatype };
    throw failure('INPUT_DATATYPE', { name, ...facts }, { field: name, ...facts });
  }
  refuseInputParameters(scalarsOf(parameters), spec);
  return { name, datatype: spec.datatype, shape: readWireShape(shape, `${field}.shape`) };
}

function readOutputs({ outputs }: ModelInferRequest, { signature }: ModelFacts): readonly WantedOutput[] {
  const wanted = new Map<string, WantedOutput>();
  for (const { name, parameters } of outputs) {
    const spec = signature.outputs.find((output) => output.name === name);
    if (!spec) {
      const names = signature.outputs.map((output) => output.name).join(', ');
      throw failure('OUTPUT_UNKNOWN', { name, outputs: names }, { field: name });
    }
    if (wanted.has(name))
      throw invalid(name, `Output "${name}" is asked for twice.`, 'Name each output once.');
    const scalars = scalarsOf(parameters);
    refuseSharedMemory(scalars, `Output "${name}"`);
    wanted.set(name, { name, binary: undefined, classes: readClasses(scalars, spec) });
  }
  return [...wanted.values()];
}

function replyOf(
  { model, version, outputs }: InferResponse,
  id: string,
  isRaw: boolean,
  wanted: readonly WantedOutput[],
  facts: ModelFacts,
): Init<ModelInferResponse> {
  const tensors = outputs.map((output) => {
    const classes = wanted.find(({ name }) => name === output.name)?.classes;
    return classes === undefined ? output : classified(output, classes, facts);
  });
  const head = { modelName: model, modelVersion: version, id };
  if (isRaw || tensors.some(({ datatype }) => datatype === 'FP16'))
    return {
      ...head,
      outputs: tensors.map((tensor) => headFor(tensor)),
      rawOutputContents: tensors.map(rawOf),
    };
  return {
    ...head,
    outputs: tensors.map((tensor) => ({ ...headFor(tensor), contents: writeContents(tensor) })),
  };
}

function headFor({ name, datatype, shape }: Tensor) {
  return { name, datatype, shape: BigInt64Array.from(shape, BigInt) };
}

function classified(output: Tensor, classes: number, { signature, labels }: ModelFacts): Tensor {
  const spec = signature.outputs.find(({ name }) => name === output.name);
  return classify(output, classes, hasBatchAxis(spec?.shape ?? null), labels.get(output.name));
}

function scalarsOf(parameters: ReadonlyMap<string, InferParameter>): ReadonlyMap<string, Scalar> {
  if (parameters.size === 0) return none;
  return new Map(
    [...parameters].flatMap(([name, value]) => {
      const set = Object.values(value).find((choice) => choice !== undefined);
      if (set === undefined) return [];
      // Beyond 2^53 the digits matter more than the type: nothing computes with a parameter.
      return [
        [
          name,
          typeof set === 'bigint' ? (Number.isSafeInteger(Number(set)) ? Number(set) : String(set)) : set,
        ],
      ];
    }),
  );
}

/** Asks for an empty message behind the answers of a model that gives any number; here there is one, which is the last. */
const emptyFinal = 'triton_enable_empty_final_response';
const none: ReadonlyMap<string, Scalar> = new Map();
