import { graphTags, modelTags, tensorTags, valueTags } from './fields.ts';
import { integerField, rewrite, textsOf } from './rewrite.ts';

/** The first IR version in which a weight need not be a graph input. */
const freeingIr = 4;

/**
 * The model without graph inputs that initializers fill, as exporters of IR version 3 had to list every weight: a tool
 * that folds such a weight away would leave an input that nobody feeds.
 */
export function dropFilledInputs(model: Uint8Array, irVersion: number): Uint8Array {
  const filled = new Set<string>();
  let hits = 0;
  inGraph(model, (tag, value) => {
    if (tag === graphTags.initializer) for (const name of textsOf(value, tensorTags.name)) filled.add(name);
    return 'keep';
  });
  const kept = inGraph(model, (tag, value) => {
    if (tag !== graphTags.input || !filled.has(textsOf(value, valueTags.name)[0] ?? '')) return 'keep';
    hits += 1;
    return 'drop';
  });
  if (hits === 0) return model;
  if (irVersion >= freeingIr) return kept;
  const without = rewrite(kept, (tag) => (tag === modelTags.irVersion ? 'drop' : 'keep'));
  return Buffer.concat([integerField(modelTags.irVersion, freeingIr), ...without]);
}

function inGraph(model: Uint8Array, edit: Parameters<typeof rewrite>[1]): Uint8Array {
  return Buffer.concat(
    rewrite(model, (tag, graph) => (tag === modelTags.graph ? rewrite(graph, edit) : 'keep')),
  );
}
