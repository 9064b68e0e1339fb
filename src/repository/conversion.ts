import { existsSync } from 'node:fs';
import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { failure, type MdeployError } from '../core/errors/error.ts';
import { reasonOf } from '../core/files.ts';
import { sha256File } from '../core/hash.ts';
import { relativePathProblem } from '../core/names.ts';

/** What `convert` leaves beside a model: of what it was made, with which tools, and how well the answers agree. */
export const conversionName = 'conversion.json';

/** The part of the record that other verbs read. */
export interface ConversionProof {
  readonly source: { readonly name: string; readonly what: string; readonly sha256: string };
  readonly model: { readonly path: string; readonly sha256: string };
  /** Samples that both sides have answered: digests of the files of the folder, by path. */
  readonly samples: Readonly<Record<string, string>>;
  readonly tools: Readonly<Record<string, string>>;
  readonly parity: {
    readonly passed: true;
    readonly outputs: readonly {
      readonly sample: string;
      readonly output: string;
      readonly max_abs: number;
    }[];
  };
}

/** The record travels with the model: its path where the folder has one. */
export function conversionFiles(root: string): readonly string[] {
  return existsSync(join(root, conversionName)) ? [conversionName] : [];
}

/**
 * @param root folder of the manifest
 * @returns undefined when the model was not converted by mdeploy
 * @throws MdeployError `CONVERSION_UNREADABLE`
 */
export async function readConversion(root: string): Promise<ConversionProof | undefined> {
  if (conversionFiles(root).length === 0) return undefined;
  const file = join(root, conversionName);
  try {
    const { size } = await lstat(file);
    if (size > maxBytes) throw new Error(`it has ${size} bytes, more than ${maxBytes}`);
    return schema.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    throw failure('CONVERSION_UNREADABLE', { file, reason: faultOf(error) }, { at: { file }, cause: error });
  }
}

/** `CONVERSION_STALE` when the model is another one than the record proves. */
export async function staleProof(
  root: string,
  modelPath: string,
  proof: ConversionProof,
): Promise<MdeployError | undefined> {
  const received = await sha256File(modelPath);
  const expected = proof.model.sha256;
  if (received === expected) return undefined;
  const file = join(root, conversionName);
  return failure(
    'CONVERSION_STALE',
    { model: modelPath, file },
    { at: { file: modelPath }, expected: `sha256 ${expected}`, received: `sha256 ${received}` },
  );
}

/** Paths of the record's samples that are there, but are others now. */
export async function changedSamples(root: string, { samples }: ConversionProof): Promise<string[]> {
  const changed: string[] = [];
  for (const [path, digest] of Object.entries(samples)) {
    const file = join(root, path);
    if (existsSync(file) && (await sha256File(file)) !== digest) changed.push(path);
  }
  return changed;
}

const maxBytes = 4 * 1024 ** 2;

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const path = z.string().refine((text) => relativePathProblem(text) === undefined, 'is no path in the folder');
// JSON has no infinity: `convert` writes it as text.
const figure = z.preprocess((value) => (value === 'Infinity' ? Number.MAX_VALUE : value), z.number());

// Read back from disk, where anybody may have written. What else is in it is for people.
const schema: z.ZodType<ConversionProof> = z.object({
  schema_version: z.literal(1),
  source: z.object({ name: z.string(), what: z.string(), sha256: digest }),
  model: z.object({ path, sha256: digest }),
  samples: z.record(path, digest).default({}),
  tools: z.record(z.string(), z.string()),
  parity: z.object({
    passed: z.literal(true),
    outputs: z.array(z.object({ sample: z.string(), output: z.string(), max_abs: figure })),
  }),
});

function faultOf(error: unknown): string {
  if (!(error instanceof z.ZodError)) return reasonOf(error);
  const [issue] = error.issues;
  return `${issue?.path.join('.') || 'the document'}: ${issue?.message}`;
}
