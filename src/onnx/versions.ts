import { failure } from '../core/errors/error.ts';
import type { OnnxModel } from './model.ts';

/** What onnxruntime-node 1.30 loads, measured model by model. Other domains carry no promise and are not checked. */
export const supportedIr = 13;
export const supportedOpsets: ReadonlyMap<string, { readonly lowest: number; readonly highest: number }> =
  new Map([
    ['ai.onnx', { lowest: 7, highest: 26 }],
    ['ai.onnx.ml', { lowest: 1, highest: 5 }],
  ]);

/**
 * Refuses a model that is newer than the shipped runtime. Versions below the lowest are not refused: the runtime
 * decides them operator by operator when it loads the model, and many a model of opset 6 runs; see `oldOpsets`.
 * @throws MdeployError `MODEL_IR_UNSUPPORTED`, `MODEL_OPSET_UNSUPPORTED`
 */
export function checkVersions(model: OnnxModel): void {
  const { file } = model;
  if (model.irVersion > supportedIr)
    throw failure(
      'MODEL_IR_UNSUPPORTED',
      { file, received: model.irVersion, limit: supportedIr },
      {
        at: { file, path: 'ir_version' },
        expected: `up to ${supportedIr}`,
        received: String(model.irVersion),
      },
    );
  for (const { domain, version } of model.opsets) {
    const range = supportedOpsets.get(domain);
    if (!range || version <= range.highest) continue;
    const { lowest, highest } = range;
    throw failure(
      'MODEL_OPSET_UNSUPPORTED',
      { file, received: version, domain, lowest, highest },
      {
        at: { file, path: 'opset_import' },
        expected: `${lowest} to ${highest}`,
        received: String(version),
      },
    );
  }
}

/** Opsets in use that are older than what the runtime promises: some of their operators may have no kernel. */
export function oldOpsets(model: OnnxModel): OnnxModel['opsets'] {
  const used = new Set(model.operators.map(({ domain }) => domain));
  return model.opsets.filter(({ domain, version }) => {
    const range = supportedOpsets.get(domain);
    return range !== undefined && version < range.lowest && used.has(domain);
  });
}
