import { Document, isMap, isSeq, visit } from 'yaml';
import { failure } from '../core/errors/error.ts';
import { showSize } from '../core/units.ts';
import type { Manifest, OutputField, TransformStep } from './manifest.ts';
import { maxManifestBytes } from './yaml.ts';

/**
 * A completed manifest as YAML, the same bytes every time: what a package carries. Checked and completed again with
 * the same model file it gives the same manifest.
 * @throws MdeployError `MANIFEST_TOO_LARGE` when it could not be read back
 */
export function printManifest(manifest: Manifest): string {
  const document = new Document(written(manifest), {
    version: '1.2',
    schema: 'core',
    aliasDuplicateObjects: false,
  });
  visit(document, {
    Seq(_, list) {
      if (list.items.every((item) => !isMap(item) && !isSeq(item))) list.flow = true;
    },
  });
  const text = document.toString({ lineWidth: 0, flowCollectionPadding: false, blockQuote: false });
  if (Buffer.byteLength(text) > maxManifestBytes)
    throw failure('MANIFEST_TOO_LARGE', { limit: showSize(maxManifestBytes) });
  return text;
}

/** The manifest in the words of its schema. */
function written(manifest: Manifest): Record<string, unknown> {
  const { serving, runtime, image } = manifest;
  const { max_body_bytes, ...servingRest } = serving;
  const { max_size_bytes, ...imageRest } = image;
  return {
    schema_version: manifest.schema_version,
    name: manifest.name,
    version: manifest.version,
    description: manifest.description,
    model: manifest.model,
    inputs: manifest.inputs,
    outputs: manifest.outputs.map(writtenOutput),
    preprocess: manifest.preprocess.map(writtenStep),
    postprocess: manifest.postprocess.map(writtenStep),
    samples: manifest.samples,
    serving: { ...servingRest, max_body_size: max_body_bytes },
    runtime: {
      ...runtime,
      probe: { timeout_ms: runtime.probe.timeout_ms, max_memory: runtime.probe.max_memory_bytes },
    },
    image: { ...imageRest, ...(max_size_bytes !== undefined && { max_size: max_size_bytes }) },
    ...(manifest.variants.length > 0 && { variants: manifest.variants }),
    ...(manifest.optimize && { optimize: manifest.optimize }),
  };
}

function writtenOutput({ labels, labels_file, ...tensor }: OutputField): Record<string, unknown> {
  if (labels_file !== undefined) return { ...tensor, labels_file };
  return labels === undefined ? tensor : { ...tensor, labels };
}

function writtenStep({ name, options }: TransformStep): unknown {
  return options === null ? name : { [name]: options };
}
