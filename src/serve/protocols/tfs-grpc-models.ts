import { failure, MdeployError } from '../../core/errors/error.ts';
import type { TensorSpec } from '../../core/tensor.ts';
import type { SignatureDef, TensorInfo } from '../proto/tensorflow.gen.ts';
import { Code } from '../proto/tensorflow-error.gen.ts';
import {
  GetModelMetadataRequest,
  GetModelMetadataResponse,
  GetModelStatusRequest,
  GetModelStatusResponse,
  type ModelSpec,
  SignatureDefMap,
  State,
  type StatusProto,
} from '../proto/tensorflow-serving.gen.ts';
import type { Init } from '../protobuf/message.ts';
import type { Catalogue, ModelFacts } from '../protocol.ts';
import { worded } from './tfs-errors.ts';
import { dtypeNumber } from './tfs-grpc-tensors.ts';
import { loadFault, modelStatus } from './tfs-status.ts';
import { chosenVersion, findVersion, versionNumber } from './tfs-versions.ts';

export interface WantedModel {
  readonly facts: ModelFacts;
  /** The version as text, when the request names one. */
  readonly version?: string;
  readonly label?: string;
}

/**
 * The version a ModelSpec means.
 * @throws MdeployError worded as TF Serving words them: `REQUEST_INVALID`, `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`,
 * `LABEL_NOT_FOUND`
 */
export function wantedModel(spec: ModelSpec | undefined, catalogue: Catalogue): WantedModel {
  const name = spec?.name ?? '';
  if (name === '') throw refusal('ModelSpec has no name specified.', 'Set model_spec.name.');
  const label = spec?.versionLabel;
  const number = chosenNumber(spec, catalogue);
  try {
    if (number === undefined)
      return { facts: catalogue.find(name, undefined, label), ...(label !== undefined && { label }) };
    const facts = findVersion(catalogue, name, number);
    return { facts, version: facts.version };
  } catch (error) {
    if (!(error instanceof MdeployError)) throw error;
    if (error.code === 'LABEL_NOT_FOUND')
      throw worded(error, `Unrecognized servable version label: ${label}`);
    const what = number === undefined ? `Latest(${name})` : `Specific(${name}, ${number})`;
    throw worded(error, `Servable not found for request: ${what}`);
  }
}

function chosenNumber(spec: ModelSpec | undefined, catalogue: Catalogue): string | undefined {
  return chosenVersion(catalogue, spec?.name ?? '', spec?.version?.value.toString());
}

/** @throws MdeployError as `wantedModel`, `REQUEST_INVALID` */
export function modelMetadata(body: Uint8Array, catalogue: Catalogue): Uint8Array {
  const { modelSpec, metadataField } = GetModelMetadataRequest.decode(body);
  if (!modelSpec) throw refusal('Missing ModelSpec', 'Set model_spec.');
  if (metadataField.length === 0)
    throw refusal(
      'GetModelMetadataRequest must specify at least one metadata_field',
      'Ask for "signature_def".',
    );
  const unknown = metadataField.find((field) => field !== 'signature_def');
  if (unknown !== undefined)
    throw refusal(`Metadata field ${unknown} is not supported`, 'Ask for "signature_def".');
  const { facts } = wantedModel(modelSpec, catalogue);
  const value = SignatureDefMap.encode({ signatureDef: new Map([['serving_default', signatureOf(facts)]]) });
  const typeUrl = 'type.googleapis.com/tensorflow.serving.SignatureDefMap';
  return GetModelMetadataResponse.encode({
    modelSpec: { name: facts.name, version: { value: versionOf(facts.version) } },
    metadata: new Map([['signature_def', { typeUrl, value }]]),
  });
}

/** @throws MdeployError `REQUEST_INVALID`, `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`, `LABEL_NOT_FOUND` */
export function modelStatuses(body: Uint8Array, catalogue: Catalogue): Uint8Array {
  const { modelSpec } = GetModelStatusRequest.decode(body);
  if (!modelSpec) throw refusal('Missing ModelSpec', 'Set model_spec.');
  const byLabel =
    modelSpec.versionLabel === undefined ? undefined : wantedModel(modelSpec, catalogue).facts.version;
  const number = byLabel ?? chosenNumber(modelSpec, catalogue);
  const rows = modelStatus(catalogue, modelSpec.name, number);
  return GetModelStatusResponse.encode({
    modelVersionStatus: rows.map(([, facts]) => ({
      version: versionOf(facts.version),
      state: State[facts.state],
      status: statusOf(loadFault(facts)),
    })),
  });
}

function statusOf(errorMessage: string): Init<StatusProto> {
  return errorMessage === '' ? {} : { errorCode: Code.FAILED_PRECONDITION, errorMessage };
}

/** The number of a version, for an int64. */
export function versionOf(version: string): bigint {
  return BigInt(versionNumber(version));
}

function signatureOf({ signature }: ModelFacts): Init<SignatureDef> {
  return {
    inputs: infosOf(signature.inputs),
    outputs: infosOf(signature.outputs),
    methodName: 'tensorflow/serving/predict',
  };
}

function infosOf(specs: readonly TensorSpec[]): ReadonlyMap<string, Init<TensorInfo>> {
  return new Map(
    specs.map(({ name, datatype, shape }) => {
      const dim = (shape ?? []).map((length) =>
        typeof length === 'number' ? { size: BigInt(length) } : { size: -1n, name: length },
      );
      return [
        name,
        {
          name: `${name}:0`,
          dtype: dtypeNumber(datatype),
          tensorShape: { dim, unknownRank: shape === null },
        },
      ];
    }),
  );
}

function refusal(problem: string, fix: string): MdeployError {
  return worded(failure('REQUEST_INVALID', { problem, fix }), problem);
}
