import * as z from 'zod';
import { grammars, parseImageReference, relativePathProblem, textProblem } from '../core/names.ts';
import { parseSize } from '../core/units.ts';
import { datatypeSpellings, toDatatype, toDim } from './normalise.ts';

// A schema is used once or twice in a start, and to compile it takes longer than that.
z.config({ jitless: true });

/**
 * The kinds of values a manifest is made of. The message of every check is the text after "expected": what the value
 * must be, not what is wrong with it. `params.why` says more, `params.near` lists what may have been meant.
 */

/** A word of a strict grammar. */
export function word(grammar: RegExp, expected: string) {
  return z.string(expected).regex(grammar, expected);
}

/** One line of printable text that holds no placeholder: nothing would fill it in. */
export function line(maxLength: number, expected = `text on one line, up to ${maxLength} characters`) {
  return z
    .string(expected)
    .superRefine((text, context) => {
      const why = textProblem(text, maxLength) ?? placeholderProblem(text);
      if (why) context.addIssue({ code: 'custom', message: expected, params: { why } });
    })
    .meta({ maxLength });
}

/** Placeholders are honoured in few fields; everywhere else they would be taken as they stand. */
export function placeholderProblem(text: string): string | undefined {
  return /\$\{[A-Za-z_]\w*(?::-[^}]*)?\}/.test(text) ? 'it holds a placeholder' : undefined;
}

const pathExpected = 'a relative path inside the folder of the manifest, with forward slashes';

/** A path relative to the manifest's folder; a leading `./` is dropped. */
export const path = z
  .string(pathExpected)
  .superRefine((text, context) => {
    const why = relativePathProblem(text.replace(/^\.\//, ''));
    if (why) context.addIssue({ code: 'custom', message: pathExpected, params: { why } });
  })
  .transform((text) => text.replace(/^\.\//, ''))
  .meta({ title: 'relative path', maxLength: 512 });

/** A size in bytes: `64MiB`, `200 MB`, `1048576`. */
export function size(min: number, max: number, expected: string) {
  const message = `a size ${expected}, such as 64MiB`;
  return z
    .union([z.string(), z.number()], message)
    .transform((written, context) => {
      const bytes = parseSize(String(written));
      if (bytes !== undefined && bytes >= min && bytes <= max) return bytes;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    })
    .meta({ title: 'size' });
}

/** A whole number of milliseconds, items or threads. */
export function count(min: number, max: number, expected = `a whole number from ${min} to ${max}`) {
  return z.int(expected).min(min, expected).max(max, expected);
}

export function choice<const T extends readonly [string, ...string[]]>(values: T) {
  return z.enum(values, values.length === 1 ? values[0] : `one of ${values.join(', ')}`);
}

const datatypeExpected =
  'a datatype: BOOL, UINT8…UINT64, INT8…INT64, FP16, FP32, FP64 or BYTES (float32, TYPE_FP32, DT_FLOAT, tensor(float) work too)';

export const datatype = z
  .string(datatypeExpected)
  .transform((written, context) => {
    const known = toDatatype(written);
    if (known) return known;
    context.addIssue({ code: 'custom', message: datatypeExpected, params: { near: datatypeSpellings } });
    return z.NEVER;
  })
  .meta({ title: 'datatype' });

const dimExpected = 'a length, the name of an axis such as batch, or -1, null, "?" for any length';

const dim = z
  .union(
    [
      z.int(dimExpected).min(-1, dimExpected),
      z.literal('?'),
      z.string().regex(grammars.axis, dimExpected),
      z.null(),
    ],
    dimExpected,
  )
  .transform(toDim)
  .meta({ title: 'axis' });

const shapeExpected = 'a list of axes, batch axis first: [batch, 4]';

/** null: the rank is not known. */
export const shape = z.array(dim, shapeExpected).max(64, shapeExpected).nullable();

const repositoryExpected = 'an image name without tag, such as registry.example/team/iris';

export const imageRepository = z.string(repositoryExpected).superRefine((text, context) => {
  const reference = parseImageReference(text);
  if (reference?.repository === text) return;
  const hint = reference && 'Leave out tag and digest; the tag is made from the version.';
  context.addIssue({ code: 'custom', message: repositoryExpected, params: { hint } });
});

const imageExpected = 'an image reference, such as docker.io/library/node:26-bookworm-slim';

export const imageReference = z
  .string(imageExpected)
  .refine((text) => parseImageReference(text) !== undefined, imageExpected);

const versionExpected = 'a whole number or a semantic version: 3, 1.2.0, 2.0.0-rc.1';

export const version = z
  .union([z.string(), z.int(versionExpected)], versionExpected)
  .transform(String)
  .superRefine((text, context) => {
    if (grammars.version.test(text)) return;
    const hint = /^\d+\.\d+$/.test(text) ? `A semantic version has three parts: ${text}.0.` : undefined;
    context.addIssue({ code: 'custom', message: versionExpected, params: { hint } });
  });

const labelExpected = 'a class name: text on one line, up to 256 characters, or a whole number';

/** A class name; whole numbers are names too. */
const labelText = z
  .union([z.string(), z.int(labelExpected)], labelExpected)
  .transform(String)
  .superRefine((text, context) => {
    const why = textProblem(text, 256);
    if (why) context.addIssue({ code: 'custom', message: labelExpected, params: { why } });
  });

export const columns = z
  .array(labelText, 'a list of column names')
  .min(1, 'a list of column names')
  .max(65_536, 'at most 65536 column names');

export const labels = z
  .array(labelText, 'a list of class names')
  .min(1, 'a list of class names')
  .max(100_000, 'at most 100000 class names');

export const settings = 'settings, one "key: value" per line';
export const section = <T extends z.core.$ZodLooseShape>(shape: T) => z.strictObject(shape, settings);

export function number0(expected: string) {
  return z.number(expected).min(0, expected);
}

/** Refuses files of other frameworks by their ending. */
export function onnxOnly(text: string, context: z.RefinementCtx): void {
  const ending = /\.(pt|pth|pkl|pickle|joblib|h5|keras|pb|tflite|ubj|cbm|safetensors|mlmodel)$/i.exec(
    text,
  )?.[1];
  if (ending === undefined) return;
  const hint = `This version serves ONNX files; export the .${ending} file to ONNX first.`;
  context.addIssue({ code: 'custom', message: 'an ONNX file', params: { hint } });
}
