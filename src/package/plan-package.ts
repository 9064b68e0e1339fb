import { stat } from 'node:fs/promises';
import { failure } from '../core/errors/error.ts';
import { printManifest } from '../manifest/print.ts';
import { localesOf } from '../onnx/locale.ts';
import { packagesOf } from '../pipeline/pipeline.ts';
import type { OpenedModel } from '../repository/opened-model.ts';
import type { Assets } from './assets.ts';
import { byPath, type PackagePlan, type PlannedFile } from './plan.ts';
import { type LocalePlaces, planLocales } from './plan-locale.ts';
import { manifestPath, planModel } from './plan-model.ts';
import { planRuntime } from './plan-runtime.ts';
import { planTemplate } from './plan-template.ts';
import { platformsNamed } from './platforms.ts';
import { templateVariables } from './variables.ts';

export interface PlanOptions {
  /** Default: `image.platforms` of the manifest. */
  readonly platforms?: readonly string[];
  /** A folder whose files replace or join the default templates. */
  readonly template?: string;
}

/**
 * Decides every file of a package without writing anything: the first two steps, and the whole of `--dry-run`.
 * @throws MdeployError `PACKAGE_OF_PACKAGE`, `PACKAGE_PLATFORM`, `PACKAGE_MODULE_MISSING`, `PACKAGE_LOCALE_MISSING`,
 *   `PACKAGE_FILE_NAME`, `PACKAGE_INPUT_UNSAFE`, `TEMPLATE_INVALID`, `TEMPLATE_VALUE`, `FILE_UNREADABLE`
 */
export async function planPackage(
  model: OpenedModel,
  options: PlanOptions,
  assets: Assets,
  places?: LocalePlaces,
): Promise<PackagePlan> {
  const { manifest } = model;
  if (model.kind === 'package') throw failure('PACKAGE_OF_PACKAGE', { model: model.root });
  const platforms = platformsNamed(options.platforms ?? manifest.image.platforms);
  const locales = localesOf(model.onnx);
  const identity = {
    name: manifest.name,
    version: manifest.version,
    tool: { name: 'mdeploy', version: assets.toolVersion },
    runtime: { name: 'onnxruntime-node', version: assets.runtimeVersion },
    platforms: platforms.map((platform) => platform.name),
    base: manifest.image.base,
    needs_locale: locales.length > 0,
  } as const;
  const brought = platforms.some(({ os }) => os === 'linux') ? locales : [];
  const variables = templateVariables(manifest, identity, model.files, brought);
  const files = await Promise.all([
    planRuntime(assets, platforms, await packagesOf(manifest)),
    planLocales(brought, places),
    planServer(assets),
    planModel(model),
    planTemplate(assets.templates, options.template, variables),
  ]);
  return { ...identity, files: [...files.flat(), planManifest(printManifest(manifest))].sort(byPath) };
}

async function planServer(assets: Assets): Promise<PlannedFile[]> {
  const [server, notices] = await Promise.all([stat(assets.server), stat(assets.notices)]);
  return [
    {
      path: 'server.mjs',
      layer: 'server',
      bytes: server.size,
      source: { kind: 'asset', file: assets.server },
    },
    {
      path: 'THIRD-PARTY-NOTICES',
      layer: 'server',
      bytes: notices.size,
      source: { kind: 'asset', file: assets.notices },
    },
  ];
}

function planManifest(text: string): PlannedFile {
  return {
    path: manifestPath,
    layer: 'manifest',
    bytes: Buffer.byteLength(text),
    source: { kind: 'text', text },
  };
}
