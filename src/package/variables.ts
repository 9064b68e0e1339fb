import { elementCount } from '../core/tensor.ts';
import type { Manifest, TensorField } from '../manifest/manifest.ts';
import { localeFolder } from '../repository/packaged-locales.ts';
import type { PackagePlan } from './plan.ts';
import type { Item, Variables } from './template.ts';

/** Where the server listens in an image. */
export const port = 8501;
/** No name: the base image need not have a passwd file. */
const user = '10001:10001';

/**
 * Everything a template may name; documented in docs/package.md.
 * @param locales those that the package brings
 */
export function templateVariables(
  manifest: Manifest,
  plan: Omit<PackagePlan, 'files'>,
  modelFiles: readonly string[],
  locales: readonly string[],
): Variables {
  return {
    name: manifest.name,
    version: manifest.version,
    description: manifest.description,
    notes: notes(manifest, locales),
    base: plan.base,
    user,
    port,
    tool_version: plan.tool.version,
    runtime_version: plan.runtime.version,
    platforms: plan.platforms.map((name) => ({ name })),
    env: named(manifest.image.env),
    labels: labels(manifest),
    locale_copies: locales.length === 0 ? [] : [{ paths: [`${localeFolder}/`, `${localeFolder}/`] }],
    model_copies: modelCopies(modelFiles),
    json_requests: jsonRequests(manifest),
    image_requests: takesImages(manifest) ? [{ type: 'image/png' }] : [],
  };
}

function notes({ description }: Manifest, locales: readonly string[]): Item[] {
  const brought = `Its text operators need the locale ${locales.join(' and ')}. It is in ${localeFolder}/, where the server finds it on Linux: neither the machine nor the base image must have it.`;
  return [
    ...(description === '' ? [] : [{ text: description }]),
    ...(locales.length === 0 ? [] : [{ text: brought }]),
  ];
}

function labels(manifest: Manifest): Item[] {
  return named({
    'org.opencontainers.image.title': manifest.name,
    'org.opencontainers.image.version': manifest.version,
    ...(manifest.description !== '' && { 'org.opencontainers.image.description': manifest.description }),
    ...manifest.image.labels,
  });
}

function named(record: Readonly<Record<string, string>>): Item[] {
  return Object.entries(record)
    .map(([name, value]) => ({ name, value }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * The `COPY` lists of the model layer: the files beside the manifest in one, each folder in its own, because copying
 * several folders at once empties them into one. The manifest itself stays out: it changes most often.
 */
function modelCopies(files: readonly string[]): Item[] {
  const beside = files.filter((file) => !file.includes('/')).sort();
  const folders = [
    ...new Set(files.filter((file) => file.includes('/')).map((file) => file.split('/', 1)[0]!)),
  ].sort();
  return [
    ...(beside.length > 0 ? [{ paths: [...beside.map((file) => `model/${file}`), 'model/'] }] : []),
    ...folders.map((folder) => ({ paths: [`model/${folder}/`, `model/${folder}/`] })),
  ];
}

function takesImages(manifest: Manifest): boolean {
  return manifest.preprocess.some((step) => step.name === 'decode_image');
}

// An example of zeros in the right shape, where that is short enough to read.
function jsonRequests(manifest: Manifest): Item[] {
  if (takesImages(manifest)) return [];
  const inputs = manifest.inputs.map((input) => [input.name, zeros(input)] as const);
  if (inputs.some(([, value]) => value === undefined)) return [];
  return [{ body: JSON.stringify({ inputs: Object.fromEntries(inputs) }) }];
}

function zeros({ datatype, shape }: TensorField): unknown {
  if (shape === null) return undefined;
  const lengths = shape.map((dim) => (typeof dim === 'number' ? dim : 1));
  if (elementCount(lengths) > 64) return undefined;
  const zero = datatype === 'BYTES' ? '' : datatype === 'BOOL' ? false : 0;
  return lengths.reduceRight<unknown>((inner, length) => new Array(length).fill(inner), zero);
}
