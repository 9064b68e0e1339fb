import { join } from 'node:path';
import { asMdeployError, type MdeployError } from '../core/errors/error.ts';
import type { Tensor } from '../core/tensor.ts';
import type { Sample } from '../manifest/manifest.ts';
import type { ManifestDraft } from '../manifest/schema.ts';
import type { Locate } from '../manifest/yaml.ts';
import type { OnnxModel } from '../onnx/model.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { ModelPlace } from '../repository/locate-model.ts';
import type { OpenedModel } from '../repository/opened-model.ts';
import { readSample } from '../repository/samples.ts';
import type { ProbeReport } from '../runtime/probe.ts';

/** What a check leaves for the checks that need it. */
export interface Products {
  /** From the manifest, or inferred for a bare file. */
  draft: ManifestDraft;
  /** The part of the draft that the model file is tried out with, also known of many a manifest with mistakes. */
  subject: Pick<ManifestDraft, 'name' | 'model' | 'runtime'>;
  /** Line and column of a key path; none for a bare file. */
  locate: Locate;
  /** Already told by the check of the manifest. */
  manifestWarnings: readonly string[];
  modelPath: string;
  onnx: OnnxModel;
  /** Files of external data, relative to the folder of the model file. */
  external: readonly string[];
  /** Of a package that brings the locale its model needs. */
  localePath: string;
  opened: OpenedModel;
  pipeline: Pipeline;
  report: ProbeReport;
}

export interface ReadSample {
  readonly sample: Sample;
  /** Of the inputs document. */
  readonly file: string;
  /** What the model itself takes, prepared. */
  readonly inputs?: readonly Tensor[];
  readonly fault?: MdeployError;
}

/** The model on the bench and what is known of it so far. A check may use the products of the checks it needs. */
export class Workbench {
  readonly target: string;
  readonly place: ModelPlace;
  readonly signal: AbortSignal | undefined;
  readonly #products: Partial<Products> = {};
  #samples: Promise<readonly ReadSample[]> | undefined;

  constructor(target: string, place: ModelPlace, signal?: AbortSignal) {
    this.target = target;
    this.place = place;
    this.signal = signal;
  }

  put<K extends keyof Products>(name: K, product: Products[K]): void {
    this.#products[name] = product;
  }

  get<K extends keyof Products>(name: K): Products[K] {
    const product = this.#products[name];
    if (product === undefined)
      throw new TypeError(`a check uses "${name}" without needing the check that makes it`);
    return product as Products[K];
  }

  /** Known only once the manifest is read. */
  find<K extends keyof Products>(name: K): Products[K] | undefined {
    return this.#products[name];
  }

  /** Every sample's inputs, read and prepared once; a fault is kept beside the sample it belongs to. */
  samples(): Promise<readonly ReadSample[]> {
    this.#samples ??= Promise.all(this.get('opened').manifest.samples.map((sample) => this.#read(sample)));
    return this.#samples;
  }

  async #read(sample: Sample): Promise<ReadSample> {
    const { userSignature, prepare } = this.get('pipeline');
    const file = join(this.get('opened').root, sample.inputs);
    try {
      const inputs = await readSample(file, userSignature.inputs);
      return { sample, file, inputs: prepare ? await prepare(inputs) : inputs };
    } catch (error) {
      return { sample, file, fault: asMdeployError(error) };
    }
  }
}
