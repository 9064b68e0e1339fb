import { graphTags, modelTags, valueTags } from './fields.ts';
import { messageField, textField } from './rewrite.ts';

/**
 * The model with tensors from inside the graph as further outputs. A second `graph` field is merged into the first by
 * every protobuf parser, so nothing of the file is looked at; the runtime infers types and shapes.
 */
export function addOutputs(model: Uint8Array, names: readonly string[]): Uint8Array {
  const outputs = names.flatMap((name) => messageField(graphTags.output, [textField(valueTags.name, name)]));
  return Buffer.concat([model, ...messageField(modelTags.graph, outputs)]);
}
