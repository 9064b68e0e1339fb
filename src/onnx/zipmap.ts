import { failure } from '../core/errors/error.ts';
import type { Dim } from '../core/tensor.ts';
import { domainName } from './domains.ts';
import {
  dimTags,
  graphTags,
  modelTags,
  nodeTags,
  opsetTags,
  shapeTags,
  tensorTypeTags,
  typeTags,
  valueTags,
} from './fields.ts';
import type { OnnxModel } from './model.ts';
import { integerField, messageField, rewrite, textField, textsOf } from './rewrite.ts';
import { zipMapShape } from './signature.ts';

/**
 * The model with every ZipMap node of the graph replaced by an Identity, so that the output is the float matrix
 * [rows, classes] that ZipMap would have cut into maps. Everything else is copied byte for byte.
 * @param bytes the file that `model` was read from; not changed
 * @throws MdeployError `MODEL_ZIPMAP_UNSUPPORTED` when another node uses the maps
 */
export function removeZipMaps(bytes: Uint8Array, model: OnnxModel): Uint8Array {
  if (model.zipMaps.length === 0) return bytes;
  const shapes = new Map(model.zipMaps.map((zipMap) => [zipMap.output, zipMapShape(model, zipMap)]));
  const chunks = rewrite(bytes, (tag, value) =>
    tag === modelTags.graph ? rewriteGraph(model, value, shapes) : 'keep',
  );
  // CatBoost imports ai.onnx.ml alone; the Identity needs the default domain.
  if (!model.opsets.some(({ domain }) => domain === 'ai.onnx'))
    chunks.push(
      ...messageField(modelTags.opsetImport, [
        textField(opsetTags.domain, ''),
        integerField(opsetTags.version, 13),
      ]),
    );
  return Buffer.concat(chunks);
}

type Shapes = ReadonlyMap<string, readonly Dim[]>;

function rewriteGraph(model: OnnxModel, graph: Uint8Array, shapes: Shapes): Uint8Array[] {
  return rewrite(graph, (tag, value) => {
    if (tag === graphTags.node) return rewriteNode(model, value, shapes);
    if (tag !== graphTags.output && tag !== graphTags.valueInfo) return 'keep';
    const [name = ''] = textsOf(value, valueTags.name);
    const shape = shapes.get(name);
    if (!shape) return 'keep';
    return tag === graphTags.output ? matrixOutput(name, shape) : 'drop';
  });
}

function rewriteNode(model: OnnxModel, node: Uint8Array, shapes: Shapes): Uint8Array[] | 'keep' {
  const used = textsOf(node, nodeTags.input).find((input) => shapes.has(input));
  if (used !== undefined)
    throw failure('MODEL_ZIPMAP_UNSUPPORTED', {
      file: model.file,
      name: used,
      reason: 'another node of the graph reads the maps',
    });
  const [domain = ''] = textsOf(node, nodeTags.domain).slice(-1);
  const [opType = ''] = textsOf(node, nodeTags.opType).slice(-1);
  if (opType !== 'ZipMap' || domainName(domain) !== 'ai.onnx.ml') return 'keep';
  const kept: ReadonlySet<number> = new Set([nodeTags.input, nodeTags.output, nodeTags.name]);
  return [
    ...rewrite(node, (tag) => (kept.has(tag) ? 'keep' : 'drop')),
    textField(nodeTags.opType, 'Identity'),
  ];
}

/** A ValueInfoProto of tensor(float). */
function matrixOutput(name: string, shape: readonly Dim[]): Uint8Array[] {
  const dims = shape.flatMap((dim) => messageField(shapeTags.dim, dimValue(dim)));
  const tensor = [integerField(tensorTypeTags.elemType, 1), ...messageField(tensorTypeTags.shape, dims)];
  return [
    textField(valueTags.name, name),
    ...messageField(valueTags.type, messageField(typeTags.tensor, tensor)),
  ];
}

function dimValue(dim: Dim): Uint8Array[] {
  if (dim === '') return [];
  return [typeof dim === 'number' ? integerField(dimTags.value, dim) : textField(dimTags.param, dim)];
}
