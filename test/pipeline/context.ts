import type { Datatype, Dim, Signature, Tensor } from '../../src/core/tensor.ts';
import type { Manifest, TransformStep } from '../../src/manifest/manifest.ts';
import { compilePipeline } from '../../src/pipeline/pipeline.ts';

export function fp32(name: string, shape: readonly number[], values: readonly number[]): Tensor {
  return { name, datatype: 'FP32', shape, data: Float32Array.from(values) };
}

export function bytes(name: string, elements: (string | Uint8Array)[]): Tensor {
  return { name, datatype: 'BYTES', shape: [elements.length], data: elements };
}

/** A model with one input `x` and one output `y`. */
export function model(
  x: { datatype?: Datatype; shape: readonly Dim[] | null },
  y: { datatype?: Datatype; shape: readonly Dim[] | null } = { shape: ['batch', 3] },
): Signature {
  return {
    inputs: [{ name: 'x', datatype: 'FP32', ...x }],
    outputs: [{ name: 'y', datatype: 'FP32', ...y }],
  };
}

/** Steps as a manifest holds them: `'softmax'` or `{ top_k: 3 }`. */
export function steps(...written: readonly (string | Readonly<Record<string, unknown>>)[]): TransformStep[] {
  return written.map((step) => {
    if (typeof step === 'string') return { name: step, options: undefined };
    const [name, options] = Object.entries(step)[0]!;
    return { name, options };
  });
}

interface Written {
  readonly pre?: TransformStep[];
  readonly post?: TransformStep[];
  readonly labels?: readonly string[];
}

export function compile(signature: Signature, { pre = [], post = [], labels }: Written) {
  const outputs: Manifest['outputs'] = signature.outputs.map((spec) => ({
    ...spec,
    ...(labels && { labels }),
  }));
  return compilePipeline({ preprocess: pre, postprocess: post, outputs }, signature);
}

export function numbers(tensor: Tensor | undefined): number[] {
  return Array.from(tensor?.data as ArrayLike<number>, Number);
}
