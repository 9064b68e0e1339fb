import { failure, type MdeployError } from '../../core/errors/error.ts';
import type { InferResponse } from '../../core/inference.ts';
import type { GrpcDecoded, GrpcMessage } from '../grpc-protocol.ts';
import type { Example, Feature as FeatureMessage } from '../proto/tensorflow.gen.ts';
import {
  ClassificationRequest,
  ClassificationResponse,
  type InferenceResult,
  type Input,
  type ModelSpec,
  MultiInferenceRequest,
  MultiInferenceResponse,
  RegressionRequest,
  RegressionResponse,
} from '../proto/tensorflow-serving.gen.ts';
import type { Init } from '../protobuf/message.ts';
import type { Catalogue, ModelFacts } from '../protocol.ts';
import { worded } from './tfs-errors.ts';
import { type Examples, type Feature, tensorsOf } from './tfs-examples.ts';
import { versionOf, type WantedModel, wantedModel } from './tfs-grpc-models.ts';
import { chosenSignature } from './tfs-grpc-predict.ts';
import { classification, regression } from './tfs-results.ts';

/** @throws MdeployError those of `wantedModel`, `SIGNATURE_UNKNOWN`, of the examples and of the results */
export function decodeClassification(message: GrpcMessage, catalogue: Catalogue): GrpcDecoded {
  const { modelSpec, input } = ClassificationRequest.decode(message.body);
  const task = taskOf(modelSpec, classifyMethod, catalogue);
  return decode([task], input, message, (specs, [result]) =>
    ClassificationResponse.encode({ result: result!.classificationResult, modelSpec: specs[0] }),
  );
}

/** @throws MdeployError as `decodeClassification` */
export function decodeRegression(message: GrpcMessage, catalogue: Catalogue): GrpcDecoded {
  const { modelSpec, input } = RegressionRequest.decode(message.body);
  const task = taskOf(modelSpec, regressMethod, catalogue);
  return decode([task], input, message, (specs, [result]) =>
    RegressionResponse.encode({ result: result!.regressionResult, modelSpec: specs[0] }),
  );
}

/** Several readings of one run. @throws MdeployError as `decodeClassification`, `REQUEST_INVALID` */
export function decodeMultiInference(message: GrpcMessage, catalogue: Catalogue): GrpcDecoded {
  const { tasks, input } = MultiInferenceRequest.decode(message.body);
  const read = tasks.map(({ modelSpec, methodName }) => taskOf(modelSpec, methodName, catalogue));
  const [first] = read;
  if (!first) throw refusal('MultiInferenceRequest has no tasks.', 'Send at least one task.');
  read.forEach((task, index) => {
    const { name, version } = task.wanted.facts;
    if (name !== first.wanted.facts.name || version !== first.wanted.facts.version)
      throw refusal(
        'All ModelSpecs in a MultiInferenceRequest must access the same model name.',
        'Ask for one model.',
      );
    const same = read.findIndex((other) => other.key === task.key);
    if (same < index)
      throw refusal(`Duplicate evaluation of signature: ${task.signature}`, 'Ask for it once.');
  });
  return decode(read, input, message, (specs, results) =>
    MultiInferenceResponse.encode({
      results: results.map((result, index) => ({ ...result, modelSpec: specs[index] })),
    }),
  );
}

type Result = Pick<Init<InferenceResult>, 'classificationResult' | 'regressionResult'>;

interface Task {
  readonly wanted: WantedModel;
  readonly signature: string;
  readonly key: string;
  readonly outputs: readonly string[];
  read(response: InferResponse, examples: number): Result;
}

function taskOf(spec: ModelSpec | undefined, method: string, catalogue: Catalogue): Task {
  const wanted = wantedModel(spec, catalogue);
  const signature = chosenSignature(spec);
  return { wanted, signature, key: `${method} ${signature}`, ...readingOf(method, wanted.facts) };
}

function readingOf(method: string, facts: ModelFacts): Pick<Task, 'outputs' | 'read'> {
  if (method === classifyMethod) {
    const { outputs, read } = classification(facts);
    const classified = (classes: ReturnType<typeof read>[number]) => ({ classes });
    return {
      outputs,
      read: (...given) => ({ classificationResult: { classifications: read(...given).map(classified) } }),
    };
  }
  if (method !== regressMethod)
    throw refusal(
      `Unsupported signature method_name: ${method}`,
      `Use ${classifyMethod} or ${regressMethod}.`,
    );
  const { outputs, read } = regression(facts);
  return {
    outputs,
    read: (...given) => ({ regressionResult: { regressions: read(...given).map((value) => ({ value })) } }),
  };
}

function decode(
  tasks: readonly Task[],
  input: Input | undefined,
  { maxBytes }: GrpcMessage,
  write: (specs: readonly Init<ModelSpec>[], results: readonly Result[]) => Uint8Array,
): GrpcDecoded {
  const { facts, version, label } = tasks[0]!.wanted;
  const given = examplesOf(input);
  return {
    request: {
      model: facts.name,
      ...(version !== undefined && { version }),
      ...(label !== undefined && { label }),
      inputs: tensorsOf(given, facts.signature.inputs, maxBytes),
      outputs: [...new Set(tasks.flatMap(({ outputs }) => outputs))],
    },
    encode: (response) => {
      const { model: name, version: reached } = response;
      return write(
        tasks.map(({ signature }) => ({
          name,
          version: { value: versionOf(reached) },
          signatureName: signature,
        })),
        tasks.map((task) => task.read(response, given.examples.length)),
      );
    },
  };
}

function examplesOf(input: Input | undefined): Examples {
  const { examples = [], context } = {
    ...input?.exampleList,
    ...input?.exampleListWithContext,
  } as Partial<NonNullable<Input['exampleListWithContext']>>;
  if (examples.length === 0) throw refusal('Input is empty.', 'Send at least one example.');
  return { examples: examples.map(featuresOf), context: featuresOf(context) };
}

function featuresOf(example: Example | undefined): ReadonlyMap<string, Feature> {
  const features = new Map<string, Feature>();
  for (const [name, message] of example?.features?.feature ?? []) {
    const feature = featureOf(message);
    if (feature) features.set(name, feature);
  }
  return features;
}

// A feature of no kind is one that is not there.
function featureOf({ bytesList, floatList, int64List }: FeatureMessage): Feature | undefined {
  if (bytesList) return { kind: 'bytes', values: bytesList.value };
  if (floatList) return { kind: 'float', values: floatList.value };
  return int64List && { kind: 'int64', values: int64List.value };
}

function refusal(text: string, fix: string): MdeployError {
  return worded(failure('REQUEST_INVALID', { problem: text, fix }), text);
}

const classifyMethod = 'tensorflow/serving/classify';
const regressMethod = 'tensorflow/serving/regress';
