import { sha256 } from '../core/hash.ts';
import { showSize } from '../core/units.ts';
import { printLock } from '../repository/lock.ts';
import type { Outputs } from './outputs.ts';
import type { PackageResult } from './package.ts';
import { layerSizes, type PackagePlan } from './plan.ts';

type Document = Readonly<Record<string, unknown>>;

/** `--dry-run --json`: every file that would be written, and what is in the rendered ones. */
export function planDocument(plan: PackagePlan, outputs: Outputs): Document {
  const { files, ...identity } = plan;
  return {
    dry_run: true,
    ...identity,
    ...outputs,
    layers: layerSizes(plan),
    files: files.map(({ source, ...file }) => ({ ...file, rendered: source.kind === 'text' })),
  };
}

export function planText(plan: PackagePlan, outputs: Outputs, verbose: boolean): string {
  const rendered = plan.files.filter((file) => file.source.kind === 'text').map((file) => file.path);
  return [
    `Would write ${placesOf(outputs)}: ${plan.name} ${plan.version} for ${plan.platforms.join(', ')}`,
    ...layerLines(plan),
    `  rendered: ${rendered.join(', ')}`,
    ...(verbose ? fileLines(plan) : []),
  ].join('\n');
}

export function packageDocument({ plan, lock, output, archive }: PackageResult): Document {
  const { files: _, ...identity } = plan;
  return {
    ...identity,
    ...(output !== undefined && { output }),
    ...(archive !== undefined && { archive }),
    lock_sha256: sha256(printLock(lock)),
    layers: layerSizes(lock),
  };
}

export function packageText(result: PackageResult, verbose: boolean): string {
  const { plan, lock, output } = result;
  return [
    `Wrote ${placesOf(result)}: ${plan.name} ${plan.version} for ${plan.platforms.join(', ')}`,
    ...layerLines(lock),
    `  lock sha256: ${sha256(printLock(lock))}`,
    ...(verbose ? fileLines(lock) : []),
    ...(output === undefined ? [] : [`Next: mdeploy build-image ${output}, or node ${output}/server.mjs`]),
  ].join('\n');
}

function placesOf({ output, archive }: Outputs): string {
  return [output, archive].filter((place) => place !== undefined).join(' and ');
}

function layerLines(plan: Parameters<typeof layerSizes>[0]): string[] {
  return layerSizes(plan).map(
    ({ layer, files, bytes }) =>
      `  ${layer.padEnd(9)}${String(files).padStart(4)} ${files === 1 ? 'file ' : 'files'} ${showSize(bytes).padStart(10)}`,
  );
}

function fileLines({
  files,
}: {
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
}) {
  return files.map((file) => `  ${showSize(file.bytes).padStart(10)}  ${file.path}`);
}
