import * as z from 'zod';
import { grammars } from '../core/names.ts';
import { recipeNames, variantArchs } from './defaults.ts';
import { choice, number0, onnxOnly, path, section, word } from './fields.ts';
import { unique } from './parts.ts';

const share = z.number('a number from 0 to 1').min(0, 'a number from 0 to 1').max(1, 'a number from 0 to 1');
const gain = z.number('a number from 1 on').min(1, 'a number from 1 on').max(1000, 'a number up to 1000');

export const variant = section({
  path: path
    .superRefine(onnxOnly)
    .describe('A model file with the same inputs and outputs as `model.path`.')
    .meta({ examples: ['model.int8-static.onnx'] }),
  when: section({
    arch: choice(variantArchs).describe('Architecture of the machine.'),
    cpu: z
      .array(word(grammars.word, 'a feature such as avx512_vnni'), 'a list of processor features')
      .max(32, 'at most 32 features')
      .default([])
      .describe('Features that its processor must have, in the words of /proc/cpuinfo.')
      .meta({ examples: [['avx512_vnni']] }),
  }).describe('Machines that it is for.'),
});

export const optimize = section({
  keep_if: section({
    top1_agreement: share
      .optional()
      .describe(
        'Share of rows, or labels, on which a variant must agree with the original; 0.99 when left out.',
      ),
    max_error: number0('a number ≥ 0')
      .optional()
      .describe(
        'Largest difference, in parts of the largest value of an output (at least 1); 0.05 when left out.',
      ),
    faster_by: gain.optional().describe('Times as fast; 1.1 when neither this nor `smaller_by` is given.'),
    smaller_by: gain.optional().describe('Times as small on disk.'),
  })
    .prefault({})
    .describe('What a variant must come to so that it is kept; all of it must hold.'),
  recipes: z
    .array(choice(recipeNames), 'a list of recipes')
    .min(1, 'at least one recipe')
    .superRefine(unique('recipe'))
    .optional()
    .describe('Variants that are tried; all when left out.'),
}).describe('What `mdeploy optimize` tries and keeps.');
