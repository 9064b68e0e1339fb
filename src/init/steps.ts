import type { ClassScores, ImageInput } from './guess.ts';
import { inline } from './inline.ts';

/** A suggestion to uncomment, for an input that looks like a picture. */
export function preprocessComment(image: ImageInput | undefined): string {
  if (image === undefined) return '';
  const steps = [`decode_image: {mode: ${image.mode}}`];
  if (image.size) steps.push(`resize: [${image.size.join(', ')}]`);
  if (image.scaled) steps.push('scale: 0.00392156862745098 # 1/255; use what the model was trained with');
  const lines = steps.map((step) => `#   - ${step}\n`).join('');
  return `\n# The input looks like a picture. With these steps clients send a PNG or JPEG instead of numbers.\n# preprocess:\n${lines}`;
}

/** A suggestion to uncomment, for an output that looks like class scores. */
export function postprocessComment(scores: ClassScores | undefined): string {
  if (scores === undefined) return '';
  const top = Math.min(3, scores.classes);
  const output = scores.isOnly ? undefined : scores.name;
  const softmax = output === undefined ? 'softmax' : { softmax: { output } };
  const topK = { top_k: output === undefined ? top : { k: top, output } };
  const steps = inline(scores.areLogits ? [softmax, topK] : [topK]);
  return `\n# The output looks like class scores. With these steps clients get the best classes.\n# postprocess: ${steps}\n`;
}
