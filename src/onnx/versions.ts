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
 * Refuses a model that is newer or older than the shipped runtime. A version below the lowest only matters where an
 * operator of that domain is used; one above the highest is refused by the runtime in any case.
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
  const used = new Set(model.operators.map(({ domain }) => domain));
  for (const { domain, version } of model.opsets) {
    const range = supportedOpsets.get(domain);
    if (!range) continue;
    const { lowest, highest } = range;
    if (version <= highest && (version >= lowest || !used.has(domain))) continue;
    throw failure(
      'MODEL_OPSET_UNSUPPORTED',
      { file, received: version, domain, lowest, highest, suggested: version > highest ? highest : 17 },
      {
        at: { file, path: 'opset_import' },
        expected: `${lowest} to ${highest}`,
        received: String(version),
      },
    );
  }
}
