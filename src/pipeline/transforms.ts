import { failure } from '../core/errors/error.ts';
import { nearest } from '../core/suggest.ts';
import { lazyTable } from '../core/table.ts';
import type { Transform } from './transform.ts';

/** Every transform, under the name that `preprocess` and `postprocess` of a manifest use. */
export const transforms = lazyTable<Transform>({
  decode_image: async () => (await import('./transforms/decode-image.ts')).decodeImage,
  resize: async () => (await import('./transforms/resize.ts')).resize,
  scale: async () => (await import('./transforms/scale.ts')).scale,
  softmax: async () => (await import('./transforms/softmax.ts')).softmax,
  top_k: async () => (await import('./transforms/top-k.ts')).topK,
});

/** @throws MdeployError `TRANSFORM_UNKNOWN` with the nearest name; `at` is the key path of the step */
export async function loadTransform(name: string, at: string): Promise<Transform> {
  if (transforms.has(name)) return transforms.load(name);
  const near = nearest(name, transforms.names);
  const hint = near === undefined ? '' : `Did you mean "${near}"? `;
  throw failure(
    'TRANSFORM_UNKNOWN',
    { name, hint, names: transforms.names.join(', ') },
    { at: { path: at }, expected: 'the name of a transform', received: name },
  );
}
