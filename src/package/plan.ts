import type { Layer } from '../repository/lock.ts';

/** Where the bytes of a planned file come from. */
export type PlannedSource =
  /** A file of the user's: it must be a regular file of its own, with no link anywhere on the way from `root`. */
  | { readonly kind: 'user'; readonly root: string; readonly file: string }
  /** A file mdeploy was installed with. */
  | { readonly kind: 'asset'; readonly file: string }
  /** Made for this package. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'text'; readonly text: string };

export interface PlannedFile {
  /** Relative to the package, forward slashes. */
  readonly path: string;
  readonly layer: Layer;
  readonly bytes: number;
  readonly platform?: string;
  readonly source: PlannedSource;
}

/** Everything a package will be, before anything is written. */
export interface PackagePlan {
  readonly name: string;
  readonly version: string;
  readonly tool: { readonly name: 'mdeploy'; readonly version: string };
  readonly runtime: { readonly name: 'onnxruntime-node'; readonly version: string };
  readonly platforms: readonly string[];
  readonly base: string;
  readonly needs_locale: boolean;
  /** Sorted by path; without the lock. */
  readonly files: readonly PlannedFile[];
}

/** Files and bytes per layer, in the order of the image. */
export function layerSizes(plan: {
  readonly files: readonly Pick<PlannedFile, 'layer' | 'bytes'>[];
}): { readonly layer: Layer; readonly files: number; readonly bytes: number }[] {
  const sizes = new Map<Layer, { files: number; bytes: number }>();
  for (const layer of ['runtime', 'server', 'model', 'manifest', 'build'] as const)
    sizes.set(layer, { files: 0, bytes: 0 });
  for (const file of plan.files) {
    const size = sizes.get(file.layer)!;
    size.files += 1;
    size.bytes += file.bytes;
  }
  return [...sizes].map(([layer, size]) => ({ layer, ...size }));
}

/** Code-unit order, the same on every machine whatever its locale. */
export function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}
