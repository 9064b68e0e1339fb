import { posix } from 'node:path';
import { failure } from '../core/errors/error.ts';
import { type Machine, thisMachine } from '../core/machine.ts';
import type { Signature } from '../core/tensor.ts';
import type { ModelVariant } from '../manifest/manifest.ts';
import { checkExternalData } from '../onnx/external-data.ts';
import type { OnnxModel } from '../onnx/model.ts';
import { readModel } from '../onnx/read-model.ts';
import { changedSignature } from '../onnx/same-signature.ts';
import { signatureOf } from '../onnx/signature.ts';
import { checkVersions } from '../onnx/versions.ts';
import { plainFile } from './model-files.ts';

/** Another file of the same model, for some machines. */
export interface OpenedVariant extends ModelVariant {
  readonly modelPath: string;
  readonly onnx: OnnxModel;
  /** The file and what lies beside it, relative to the manifest. */
  readonly files: readonly string[];
}

/**
 * Reads every variant, whatever this machine is: a package made here may be served elsewhere.
 * @param signature of the model, which each must have
 * @throws MdeployError `VARIANT_MISFIT`, and those of reading a model file
 */
export async function openVariants(
  root: string,
  manifestFile: string | undefined,
  variants: readonly ModelVariant[],
  signature: Signature,
): Promise<readonly OpenedVariant[]> {
  const opened: OpenedVariant[] = [];
  for (const [index, variant] of variants.entries()) {
    const { path } = variant;
    const field = `variants[${index}].path`;
    const modelPath = await plainFile(root, path, field, manifestFile);
    const onnx = await readModel(modelPath);
    checkVersions(onnx);
    const external = await checkExternalData(onnx, modelPath);
    const reason = changedSignature(signature, signatureOf(onnx));
    const at = { path: field, ...(manifestFile !== undefined && { file: manifestFile }) };
    if (reason !== undefined) throw failure('VARIANT_MISFIT', { path, reason }, { at });
    const files = [path, ...external.map((file) => posix.join(posix.dirname(path), file))];
    opened.push({ ...variant, modelPath, onnx, files });
  }
  return opened;
}

/** The first variant that this machine has everything for; undefined: the model itself is served. */
export function variantFor<V extends ModelVariant>(
  variants: readonly V[],
  machine: Machine = thisMachine(),
): V | undefined {
  return variants.find(
    ({ when }) => when.arch === machine.arch && when.cpu.every((feature) => machine.cpu.has(feature)),
  );
}

interface Opened {
  readonly variants: readonly OpenedVariant[];
  readonly onnx: OnnxModel;
  readonly modelPath: string;
}

/** The model as this machine is to run it: with the file of a variant, or as it is. */
export function servedHere<M extends Opened>(
  opened: M,
): { readonly served: M; readonly variant?: OpenedVariant } {
  const variant = variantFor(opened.variants);
  if (variant === undefined) return { served: opened };
  return { served: { ...opened, onnx: variant.onnx, modelPath: variant.modelPath }, variant };
}
