import * as z from 'zod';
import { failure, type MdeployError } from '../core/errors/error.ts';
import { relativePathProblem } from '../core/names.ts';
import type { Signature } from '../core/tensor.ts';
import { defaultProtocols } from './defaults.ts';
import type { ManifestDraft } from './schema.ts';
import { readYaml } from './yaml.ts';

/** What mdeploy takes from the `MLmodel` file of a folder that MLflow has made. */
export interface MlmodelFile {
  readonly file: string;
  /** Relative to the folder. */
  readonly modelFile: string;
  /** The signature's inputs; undefined when the model was logged without one. */
  readonly inputs: readonly MlmodelInput[] | undefined;
}

/** A tensor (with the lengths of its axes, -1 for a free one) or a column. */
interface MlmodelInput {
  readonly name: string | undefined;
  readonly shape: readonly number[] | undefined;
}

/**
 * Reads an MLmodel file with the onnx flavour. What other flavours say of the model is not looked at.
 * @param file name for messages
 * @throws MdeployError `MLMODEL_INVALID` and those of `readYaml`
 */
export function readMlmodel(text: string, file: string): MlmodelFile {
  const { data, problems } = readYaml(text, file);
  if (problems[0]) throw problems[0];
  const wrong = (problem: string, fix: string, path: string) =>
    failure('MLMODEL_INVALID', { problem, fix }, { at: { file, path } });
  const found = mlmodel.safeParse(data);
  if (!found.success) {
    const path = found.error.issues[0]!.path.join('.');
    throw wrong(`${path || 'it'} is not as MLflow writes it`, 'Log the model with MLflow again.', path);
  }
  const { flavors, signature } = found.data;
  if (!flavors.onnx) throw noOnnx(Object.keys(flavors), wrong);
  const modelFile = flavors.onnx.data;
  const why = relativePathProblem(modelFile);
  if (why !== undefined)
    throw wrong(
      `its model path "${modelFile}" is refused: ${why}`,
      'Keep the model inside the folder.',
      dataPath,
    );
  const written = signature?.inputs;
  if (typeof written !== 'string') return { file, modelFile, inputs: undefined };
  const inputs = inputList.safeParse(parseJson(written));
  if (!inputs.success)
    throw wrong('its signature is no JSON list of inputs', 'Log the model with MLflow again.', inputsPath);
  return {
    file,
    modelFile,
    inputs: inputs.data
      .filter(({ type }) => type !== 'any')
      .map((input) => ({ name: input.name, shape: input['tensor-spec']?.shape })),
  };
}

/**
 * A draft with what the signature says: tensors narrow the shapes, columns name the features of the one input. The
 * protocol of MLflow is on, and SageMaker's, which has the same path, is not.
 * @throws MdeployError `MLMODEL_INVALID` when the model has other inputs
 */
export function withMlmodel(
  draft: ManifestDraft,
  { file, inputs }: MlmodelFile,
  model: Signature,
): ManifestDraft {
  const protocols = [...defaultProtocols.filter((name) => name !== 'sagemaker'), 'mlflow' as const];
  const serving = { ...draft.serving, protocols };
  if (!inputs?.length) return { ...draft, serving };
  const names = model.inputs.map(({ name }) => name);
  const [only] = names;
  if (inputs.every(({ shape }) => shape !== undefined)) {
    const tensors = inputs.map(({ name, shape }) => ({
      name: name ?? (names.length === 1 ? only! : ''),
      shape: shape!.map((length) => (length === -1 ? '' : length)),
    }));
    const stranger = tensors.find(({ name }) => !names.includes(name));
    if (stranger) throw mismatch(file, `its signature has the input "${stranger.name}"`, names);
    return { ...draft, serving, inputs: tensors };
  }
  const columns = inputs.flatMap(({ name }) => name ?? []);
  const missing = names.find((name) => !columns.includes(name));
  if (missing === undefined) return { ...draft, serving };
  if (names.length > 1) throw mismatch(file, `its signature has no column "${missing}"`, names);
  return { ...draft, serving, ...(columns.length > 0 && { inputs: [{ name: only!, columns }] }) };
}

function noOnnx(
  flavors: readonly string[],
  wrong: (problem: string, fix: string, path: string) => MdeployError,
): MdeployError {
  const has = flavors.length === 0 ? 'none' : `only ${flavors.join(', ')}`;
  const fix = 'Log the model with mlflow.onnx.log_model, or convert it to ONNX and serve that file.';
  return wrong(`it has no onnx flavour, ${has}`, fix, 'flavors');
}

function mismatch(file: string, problem: string, inputs: readonly string[]): MdeployError {
  const model = `and the model takes ${inputs.join(', ')}`;
  const fix = 'Log the model with the signature of its ONNX file, or with none.';
  const details = { at: { file, path: inputsPath }, expected: inputs.join(', ') };
  return failure('MLMODEL_INVALID', { problem: `${problem}, ${model}`, fix }, details);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const dataPath = 'flavors.onnx.data';
const inputsPath = 'signature.inputs';

const mlmodel = z.looseObject({
  flavors: z.looseObject({ onnx: z.looseObject({ data: z.string() }).optional() }),
  signature: z.looseObject({ inputs: z.string().nullish() }).nullish(),
});

const inputList = z
  .array(
    z.looseObject({
      type: z.string(),
      name: z.string().min(1).optional(),
      'tensor-spec': z.looseObject({ shape: z.array(z.int().min(-1)).max(64) }).optional(),
    }),
  )
  .max(65_536);
