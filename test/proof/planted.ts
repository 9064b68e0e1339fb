// Models with a fault planted: a changed weight, another attribute, another order of axes.
import { graphTags, modelTags, nodeTags, tensorTags } from '../../src/onnx/fields.ts';
import { rewrite, textField, textsOf } from '../../src/onnx/rewrite.ts';

/** raw_data, and a packed float_data. */
const values: readonly number[] = [(9 << 3) | 2, (4 << 3) | 2];

/** The model with one weight of an initializer changed. @throws Error when there is no such initializer */
export function changeWeight(model: Uint8Array, name: string, to: (value: number) => number): Uint8Array {
  let hits = 0;
  const changed = editGraph(model, (tag, value) => {
    if (tag !== graphTags.initializer || textsOf(value, tensorTags.name)[0] !== name) return 'keep';
    return rewrite(value, (field, raw) => {
      if (!values.includes(field)) return 'keep';
      hits += 1;
      const bytes = Buffer.from(raw);
      bytes.writeFloatLE(to(bytes.readFloatLE(0)), 0);
      return [bytes];
    });
  });
  if (hits === 0) throw new Error(`there are no weights named ${name}`);
  return changed;
}

/** The model with another operator in the node that gives `output`; inputs and attributes stay. */
export function changeOperator(model: Uint8Array, output: string, to: string): Uint8Array {
  return editGraph(model, (tag, node) => {
    if (tag !== graphTags.node || textsOf(node, nodeTags.output)[0] !== output) return 'keep';
    return [
      ...rewrite(node, (field) => (field === nodeTags.opType ? 'drop' : 'keep')),
      textField(nodeTags.opType, to),
    ];
  });
}

/** The model with one text replaced wherever it names an input or output. */
export function renameTensor(model: Uint8Array, from: string, to: string): Uint8Array {
  const nameTag = (1 << 3) | 2;
  const renamed = (value: Uint8Array, tags: readonly number[]) =>
    rewrite(value, (tag, text) =>
      tags.includes(tag) && Buffer.from(text).toString() === from ? [Buffer.from(to)] : 'keep',
    );
  return editGraph(model, (tag, value) => {
    if (tag === graphTags.input || tag === graphTags.output) return renamed(value, [nameTag]);
    if (tag === graphTags.node) return renamed(value, [nodeTags.input, nodeTags.output]);
    return 'keep';
  });
}

function editGraph(model: Uint8Array, edit: Parameters<typeof rewrite>[1]): Uint8Array {
  return Buffer.concat(
    rewrite(model, (tag, graph) => (tag === modelTags.graph ? rewrite(graph, edit) : 'keep')),
  );
}

/** An initializer's names, in order. */
export function initializerNames(model: Uint8Array): string[] {
  const names: string[] = [];
  editGraph(model, (tag, value) => {
    if (tag === graphTags.initializer) names.push(...textsOf(value, tensorTags.name));
    return 'keep';
  });
  return names;
}
