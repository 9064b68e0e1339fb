import type { RecipeName } from '../manifest/defaults.ts';
import type { Recipe } from './recipe.ts';

/** Every recipe, in the order in which they are tried. */
export const recipes: readonly Recipe[] = [
  {
    name: 'folded',
    what: 'constants and shapes folded, what does nothing dropped',
    isExact: true,
    maker: 'runtime',
  },
  {
    name: 'fused',
    what: 'folded, and operators fused as the runtime does when it loads',
    isExact: true,
    maker: 'runtime',
  },
  { name: 'fp16', what: 'weights and arithmetic in half precision', isExact: false, maker: 'python' },
  {
    name: 'int8-dynamic',
    what: 'int8 weights, ranges of activations found in each run',
    isExact: false,
    maker: 'python',
  },
  {
    name: 'int8-static',
    what: 'int8 weights and activations, ranges found by calibration',
    isExact: false,
    maker: 'python',
  },
  { name: 'int4-weights', what: 'weights of matrix products in four bits', isExact: false, maker: 'python' },
  { name: 'pruned', what: 'the smallest weights set to zero', isExact: false, maker: 'python' },
  { name: 'fewer-channels', what: 'the weakest channels removed', isExact: false, maker: 'python' },
];

export function recipesOf(names: readonly RecipeName[]): readonly Recipe[] {
  return recipes.filter(({ name }) => names.includes(name));
}
