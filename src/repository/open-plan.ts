import { basename } from 'node:path';
import { failure } from '../core/errors/error.ts';
import type { Manifest } from '../manifest/manifest.ts';
import { openModel } from './open-model.ts';
import type { OpenedModel } from './opened-model.ts';
import type { PlannedVersion } from './plan.ts';

/**
 * Opens every version of a plan, one after the other.
 * @throws MdeployError as `openModel`; `MODEL_FOLDER_DISAGREES`, `VERSION_TWICE`, `SERVING_DIFFERS`
 */
export async function openPlan(planned: readonly PlannedVersion[]): Promise<readonly OpenedModel[]> {
  const opened: OpenedModel[] = [];
  for (const version of planned) opened.push(await openPlanned(version));
  refuseTwice(opened);
  if (opened[0]) agreeServing(opened[0].manifest, opened);
  return opened;
}

/**
 * Opens the versions of one model. Only opening tells what a folder with a manifest holds, and what is wrong with a
 * folder of another model is not this one's concern.
 * @throws MdeployError as `openPlan`
 */
export async function openNamed(
  planned: readonly PlannedVersion[],
  name: string,
): Promise<readonly OpenedModel[]> {
  const opened: OpenedModel[] = [];
  for (const version of planned) {
    const known = version.name ?? version.folder?.model;
    if (known !== undefined && known !== name) continue;
    try {
      const found = await openPlanned(version);
      if (found.manifest.name === name && !opened.some((other) => isSame(found, other))) opened.push(found);
    } catch (error) {
      if (known === name || basename(version.path) === name) throw error;
    }
  }
  refuseTwice(opened);
  return opened;
}

// A folder may be planned twice, by its place in a folder of models and by a client that named it.
function isSame(one: OpenedModel, other: OpenedModel): boolean {
  return one.modelPath === other.modelPath && one.manifest.version === other.manifest.version;
}

async function openPlanned(planned: PlannedVersion): Promise<OpenedModel> {
  const { path, name, folder } = planned;
  const opened = withSettings(await openModel(path, name === undefined ? {} : { name }), planned);
  if (!folder) return opened;
  const { manifest, manifestFile } = opened;
  if (manifestFile === undefined)
    return { ...opened, manifest: { ...manifest, name: folder.model, version: folder.version } };
  if (manifest.name !== folder.model) throw disagree(manifestFile, 'name', manifest.name, folder.model);
  // '1' is what a manifest has that names no version.
  if (manifest.version !== '1' && manifest.version !== folder.version)
    throw disagree(manifestFile, 'version', manifest.version, folder.version);
  return { ...opened, manifest: { ...manifest, version: folder.version } };
}

function withSettings(opened: OpenedModel, { intraOpThreads, speaksFirst }: PlannedVersion): OpenedModel {
  const { manifest, manifestFile } = opened;
  const { runtime, serving } = manifest;
  const isFirst = speaksFirst !== undefined && manifestFile === undefined;
  const others = serving.protocols.filter((name) => name !== speaksFirst);
  return {
    ...opened,
    manifest: {
      ...manifest,
      ...(intraOpThreads && { runtime: { ...runtime, intra_op_threads: intraOpThreads } }),
      ...(isFirst && { serving: { ...serving, protocols: [speaksFirst, ...others] } }),
    },
  };
}

/** Settings that belong to the server, of which there is one. */
const shared = ['protocols', 'max_body_bytes', 'timeout_ms', 'drain_timeout_ms'] as const;

/**
 * Proves that models can be served by one server.
 * @throws MdeployError `SERVING_DIFFERS`
 */
export function agreeServing(first: Manifest, others: readonly OpenedModel[]): void {
  const { name: other, serving } = first;
  for (const { manifest } of others) {
    for (const field of shared) {
      const [expected, received] = [String(serving[field]), String(manifest.serving[field])];
      if (expected === received) continue;
      const written = field === 'max_body_bytes' ? 'max_body_size' : field;
      const at = { field: `serving.${written}`, expected, received };
      throw failure(
        'SERVING_DIFFERS',
        { field: written, name: manifest.name, other, expected, received },
        at,
      );
    }
  }
}

function refuseTwice(models: readonly OpenedModel[]): void {
  const places = new Map<string, string>();
  for (const { manifest, modelPath } of models) {
    const { name, version } = manifest;
    const first = places.get(`${name} ${version}`);
    if (first !== undefined) throw failure('VERSION_TWICE', { name, version, first, second: modelPath });
    places.set(`${name} ${version}`, modelPath);
  }
}

function disagree(file: string, field: 'name' | 'version', received: string, expected: string) {
  return failure(
    'MODEL_FOLDER_DISAGREES',
    { file, field, received, expected },
    { at: { file, path: field }, field, expected, received },
  );
}
