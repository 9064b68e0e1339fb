import type { Datatype, Dim } from '../core/tensor.ts';
import type { RecipeName } from './defaults.ts';

/**
 * A `model.yaml` after parse → validate → complete: every default is filled in, every size is bytes, every
 * duration milliseconds, every datatype and shape normalised. After the belt no code asks whether a field is set.
 */
export interface Manifest {
  readonly schema_version: 1;
  readonly name: string;
  /** Integer or semver, as text. */
  readonly version: string;
  readonly description: string;
  readonly model: ModelFile;
  readonly inputs: readonly InputField[];
  readonly outputs: readonly OutputField[];
  readonly preprocess: readonly TransformStep[];
  readonly postprocess: readonly TransformStep[];
  readonly samples: readonly Sample[];
  readonly serving: Serving;
  readonly runtime: RuntimeOptions;
  readonly image: ImageOptions;
  /** Other files of the same model; the first that fits the machine is served in place of `model.path`. */
  readonly variants: readonly ModelVariant[];
  /** What `mdeploy optimize` is to do; absent: its defaults. */
  readonly optimize?: OptimizePlan | undefined;
}

export interface ModelFile {
  /** Relative to the manifest's folder, forward slashes, inside the folder. */
  readonly path: string;
  readonly format: 'onnx';
  readonly framework?: string;
}

/** A tensor of the model itself: what is in front of `preprocess` or behind `postprocess` is the pipeline's to tell. */
export interface TensorField {
  readonly name: string;
  readonly datatype: Datatype;
  /**
   * No axis is `''` here: axes the file leaves unnamed are `batch` (the first) and `dim_N`. Names say what an axis is
   * for; equal names on different tensors promise nothing.
   */
  readonly shape: readonly Dim[] | null;
}

export interface InputField extends TensorField {
  /** Names of the features along the last axis. */
  readonly columns?: readonly string[];
}

export interface OutputField extends TensorField {
  /** Class names by index along the last axis; from `labels` or `labels_file`. */
  readonly labels?: readonly string[];
  /** Relative path of the file the labels came from; absent when they were written in the manifest. */
  readonly labels_file?: string;
}

/** One step: the name of a transform and its options as the user wrote them, checked by the transform's own schema. */
export interface TransformStep {
  readonly name: string;
  /** null when none were written (`- softmax`). */
  readonly options: unknown;
}

export interface Sample {
  /** Relative paths of JSON documents: `{ "<input>": {datatype, shape, data} }`. */
  readonly inputs: string;
  readonly outputs: string;
  readonly tolerance: { readonly rtol: number; readonly atol: number };
}

export interface Serving {
  readonly protocols: readonly string[];
  readonly max_body_bytes: number;
  /** Time a request may take in all, door to door. */
  readonly timeout_ms: number;
  readonly queue: { readonly max_size: number; readonly timeout_ms: number };
  /** Absent: every request runs alone. */
  readonly batching?: { readonly max_batch_size: number; readonly max_queue_delay_ms: number } | undefined;
  /** Absent: every request is run. */
  readonly response_cache?: { readonly max_bytes: number } | undefined;
  /** Absent: replies do not tell the times of their parts. */
  readonly server_timing?: boolean | undefined;
  readonly warmup: 'samples' | 'zeros' | 'none';
  /** Grace for in-flight requests after SIGTERM. */
  readonly drain_timeout_ms: number;
}

export interface RuntimeOptions {
  readonly providers: readonly 'cpu'[];
  readonly intra_op_threads: number | 'auto';
  readonly accelerator: 'none' | 'prefer' | 'require';
  /** Cap and deadline of the throw-away process in which an untrusted model is first loaded and run. */
  readonly probe: { readonly timeout_ms: number; readonly max_memory_bytes: number };
}

export interface ImageOptions {
  readonly repository?: string;
  readonly base: string;
  readonly platforms: readonly string[];
  readonly max_size_bytes?: number;
  readonly env: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
}

export interface ModelVariant {
  /** Relative to the manifest's folder, as `model.path`. */
  readonly path: string;
  /** What a machine must have: an architecture in Node's words, and features of its processor. */
  readonly when: { readonly arch: 'x64' | 'arm64'; readonly cpu: readonly string[] };
}

export interface OptimizePlan {
  /** What a variant must come to; what is left out has a default there. */
  readonly keep_if: {
    readonly top1_agreement?: number | undefined;
    readonly max_error?: number | undefined;
    readonly faster_by?: number | undefined;
    readonly smaller_by?: number | undefined;
  };
  /** Absent: all. */
  readonly recipes?: readonly RecipeName[] | undefined;
}
