import type { Manifest } from '../manifest/manifest.ts';
import type { Locate } from '../manifest/yaml.ts';
import type { OnnxModel } from '../onnx/model.ts';
import type { OpenedVariant } from './variants.ts';

/** What the MODEL argument of a verb turned out to be, read and checked but not loaded into the runtime. */
export interface OpenedModel {
  /** `file`: a bare model, manifest inferred. `folder`: holds model.yaml. `package`: made by `mdeploy package`. */
  readonly kind: 'file' | 'folder' | 'package';
  /** Absolute folder that every relative path of the manifest starts from. */
  readonly root: string;
  /** Absolute path of the manifest; undefined for a bare file. */
  readonly manifestFile?: string;
  readonly manifest: Manifest;
  readonly onnx: OnnxModel;
  /** Absolute path of the model file. */
  readonly modelPath: string;
  /** Other files of the same model, read and checked; which one is served depends on the machine. */
  readonly variants: readonly OpenedVariant[];
  /**
   * Every file the model needs beside the manifest, relative to `root`, sorted: model, external data, samples,
   * label files, the record of its conversion. Symbolic links and files outside `root` were refused.
   */
  readonly files: readonly string[];
  readonly warnings: readonly string[];
  /** Line and column of a key path of the manifest, for faults found later. */
  readonly locate?: Locate;
  /** Absolute folder of the compiled locales that a package brings for its text operators. */
  readonly localePath?: string;
}
