import { failure } from '../../core/errors/error.ts';
import { unknownInput } from '../../core/unknown-input.ts';
import type { GrpcDecoded, GrpcMessage } from '../grpc-protocol.ts';
import { type ModelSpec, PredictRequest, PredictResponse } from '../proto/tensorflow-serving.gen.ts';
import type { Catalogue, ModelFacts } from '../protocol.ts';
import { worded } from './tfs-errors.ts';
import { versionOf, wantedModel } from './tfs-grpc-models.ts';
import { readTensorProto, writeTensorProto } from './tfs-grpc-tensors.ts';

/**
 * Reads a predict request.
 * @throws MdeployError worded as TF Serving words them: those of `wantedModel`, `SIGNATURE_UNKNOWN`, `INPUT_MISSING`,
 * `INPUT_UNKNOWN`, `OUTPUT_UNKNOWN`, `REQUEST_INVALID`; those of the tensors
 */
export function decodePredictMessage({ body, maxBytes }: GrpcMessage, catalogue: Catalogue): GrpcDecoded {
  const { modelSpec, inputs, outputFilter } = PredictRequest.decode(body);
  const { facts, version, label } = wantedModel(modelSpec, catalogue);
  const signatureName = chosenSignature(modelSpec);
  checkNames([...inputs.keys()], facts);
  checkFilter(outputFilter, facts);
  const tensors = facts.signature.inputs.map((spec) =>
    readTensorProto(inputs.get(spec.name)!, spec, maxBytes),
  );
  return {
    request: {
      model: facts.name,
      ...(version !== undefined && { version }),
      ...(label !== undefined && { label }),
      inputs: tensors,
      ...(outputFilter.length > 0 && { outputs: outputFilter }),
    },
    encode: ({ model, version: reached, outputs }) =>
      PredictResponse.encode({
        outputs: new Map(outputs.map((tensor) => [tensor.name, writeTensorProto(tensor)])),
        modelSpec: { name: model, version: { value: versionOf(reached) }, signatureName },
      }),
  };
}

/** The signature that a ModelSpec means: there is one. @throws MdeployError `SIGNATURE_UNKNOWN` */
export function chosenSignature(spec: ModelSpec | undefined): string {
  const name = spec?.signatureName || 'serving_default';
  if (name === 'serving_default') return name;
  const unknown = failure('SIGNATURE_UNKNOWN', { name }, { field: 'signature_name' });
  throw worded(unknown, `Serving signature key "${name}" not found.`);
}

function checkNames(given: readonly string[], { signature }: ModelFacts): void {
  const required = signature.inputs.map(({ name }) => name);
  const extra = given.filter((name) => !required.includes(name));
  const missing = required.filter((name) => !given.includes(name));
  if (extra.length === 0 && missing.length === 0) return;
  const inputs = required.join(', ');
  const error =
    missing[0] === undefined
      ? unknownInput(extra[0]!, signature.inputs)
      : failure('INPUT_MISSING', { name: missing[0], inputs }, { field: missing[0] });
  throw worded(
    error,
    `input size does not match signature: ${given.length}!=${required.length} len(${set(given)}) != len(${set(required)}). Sent extra: ${set(extra)}. Missing but required: ${set(missing)}.`,
  );
}

function checkFilter(filter: readonly string[], { signature }: ModelFacts): void {
  const names = signature.outputs.map(({ name }) => name);
  filter.forEach((name, index) => {
    if (!names.includes(name)) {
      throw worded(
        failure('OUTPUT_UNKNOWN', { name, outputs: names.join(', ') }, { field: name }),
        `output tensor alias not found in signature: ${name} Outputs expected to be in the set ${set(names)}.`,
      );
    }
    if (filter.indexOf(name) < index) {
      const problem = `duplicate output tensor alias: ${name}`;
      const fix = 'Name each output once.';
      throw worded(failure('REQUEST_INVALID', { problem, fix }, { field: name }), problem);
    }
  });
}

function set(names: readonly string[]): string {
  return `{${[...names].sort().join(',')}}`;
}
