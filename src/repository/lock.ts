import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { failure } from '../core/errors/error.ts';
import { reasonOf } from '../core/files.ts';
import { grammars } from '../core/names.ts';
import { pathFault } from './package-path.ts';

/** The file at the root of a package that lists every other file with its digest. */
export const lockName = 'mdeploy.lock.json';

/** From seldom to often changed. `runtime` to `manifest` go into the image; `build` files only make it. */
export const layers = ['runtime', 'server', 'model', 'manifest', 'build'] as const;
export type Layer = (typeof layers)[number];

export interface LockedFile {
  /** Relative to the package, forward slashes. */
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number;
  /** Octal permission bits as text: `0644`. */
  readonly mode: string;
  readonly layer: Layer;
  /** Set on files that only one platform of several uses: `linux/arm64`. */
  readonly platform?: string | undefined;
}

/** The identity of a package: no times, no absolute paths, files sorted by path. The lock itself is not listed. */
export interface PackageLock {
  readonly schema_version: 1;
  readonly name: string;
  readonly version: string;
  readonly tool: { readonly name: 'mdeploy'; readonly version: string };
  readonly runtime: { readonly name: string; readonly version: string };
  readonly platforms: readonly string[];
  readonly base: string;
  /** The model's operators fold text and need a locale; files under `locale/` bring it for Linux. */
  readonly needs_locale: boolean;
  readonly files: readonly LockedFile[];
}

/** @throws MdeployError `LOCK_UNREADABLE` */
export async function readLock(root: string): Promise<PackageLock> {
  const file = join(root, lockName);
  try {
    return schema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw failure('LOCK_UNREADABLE', { file, reason: faultOf(error) }, { at: { file }, cause: error });
  }
}

/** The one way a lock is written: the same lock, the same bytes. */
export function printLock(lock: PackageLock): string {
  const files = [...lock.files].sort((a, b) => (a.path < b.path ? -1 : 1));
  return `${JSON.stringify({ ...lock, files }, undefined, 2)}\n`;
}

const path = z.string().refine((text) => pathFault(text) === undefined, 'is not a path inside a package');

// Read back from disk, where anybody may have written: every name in it is checked like user input.
const schema: z.ZodType<PackageLock> = z.strictObject({
  schema_version: z.literal(1),
  name: z.string().regex(grammars.modelName),
  version: z.string().regex(grammars.version),
  tool: z.strictObject({ name: z.literal('mdeploy'), version: z.string() }),
  runtime: z.strictObject({ name: z.string(), version: z.string() }),
  platforms: z.array(z.string()),
  base: z.string(),
  needs_locale: z.boolean(),
  files: z.array(
    z.strictObject({
      path,
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      bytes: z.int().nonnegative(),
      mode: z.string().regex(/^0[0-7]{3}$/),
      layer: z.enum(layers),
      platform: z.string().optional(),
    }),
  ),
});

function faultOf(error: unknown): string {
  if (!(error instanceof z.ZodError)) return reasonOf(error);
  const [issue] = error.issues;
  return `${issue?.path.join('.') || 'the document'}: ${issue?.message}`;
}
