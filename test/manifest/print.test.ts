import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MdeployError } from '../../src/core/errors/error.ts';
import { type Datatype, type Dim, datatypes, type Signature } from '../../src/core/tensor.ts';
import { checkManifest } from '../../src/manifest/check.ts';
import { completeManifest } from '../../src/manifest/complete.ts';
import type { Manifest } from '../../src/manifest/manifest.ts';
import { printManifest } from '../../src/manifest/print.ts';
import { nasty } from './nasty.ts';

function load(
  text: string,
  signature: Signature,
  labelFiles?: ReadonlyMap<string, readonly string[]>,
): Manifest {
  const { draft, problems, locate } = checkManifest(text, 'model.yaml', { environment: {} });
  if (draft === undefined) throw problems[0]!;
  return completeManifest(draft, { signature, locate, ...(labelFiles && { labelFiles }) }).manifest;
}

const signature: Signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: ['', 4] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: ['', 3] }],
};

const full = `
name: digits
version: 2.0.0-rc.1
description: 'Handwritten "digits": 8x8, #1'
model: {path: sub/m.onnx, framework: pytorch}
inputs: [{name: x, datatype: float32, shape: [rows, 4]}]
outputs: [{name: y, labels: ["no", "1", "null"]}]
preprocess: [{decode_image: {mode: gray}}, {resize: [8, 8]}, {scale: 0.0625}]
postprocess: [softmax, {top_k: 3}, {empty: {}}, {deep: {a: [{b: [1, [2]]}]}}]
samples: [{inputs: s/0.in.json, outputs: s/0.out.json, tolerance: {rtol: 1.0e-3}}]
serving: {protocols: [tfs], max_body_size: 1MiB, timeout_ms: 5, queue: {max_size: 1, timeout_ms: 1}, batching: {max_batch_size: 2}, response_cache: {max_bytes: 1MiB}, server_timing: true, warmup: zeros, drain_timeout_ms: 0}
runtime: {intra_op_threads: 2, accelerator: require, probe: {timeout_ms: 1000, max_memory: 128MiB}}
image: {repository: reg.example:5000/a/b, base: "node@sha256:${'a'.repeat(64)}", platforms: [linux/arm64], max_size: 200MB, env: {A: "true", B: ""}, labels: {org.example/x: y}}
`;

describe('printManifest', () => {
  test('what is printed loads back to the same manifest', () => {
    for (const text of [full, 'name: a\nmodel: {path: m.onnx}\n']) {
      const manifest = load(text, signature);
      expect(load(printManifest(manifest), signature)).toEqual(manifest);
    }
  });

  test('gives the same bytes every time', () => {
    const manifest = load(full, signature);
    const printed = printManifest(manifest);
    expect(printManifest(structuredClone(manifest))).toBe(printed);
    expect(printManifest(load(printed, signature))).toBe(printed);
  });

  test('is readable: lists of plain values on one line, everything written out', () => {
    const printed = printManifest(load(full, signature));
    expect(printed).toContain('shape: [rows, 4]');
    expect(printed).toContain('max_body_size: 1048576');
    expect(printed).toContain('- softmax\n');
    expect(printed).not.toMatch(/[&*]\w|undefined/);
  });

  test('labels from a file stay in the file', () => {
    const files = new Map([['l.txt', ['a', 'b', 'c']]]);
    const manifest = load(
      'name: a\nmodel: {path: m}\noutputs: [{name: y, labels_file: l.txt}]',
      signature,
      files,
    );
    const printed = printManifest(manifest);
    expect(printed).toContain('labels_file: l.txt');
    expect(printed).not.toContain('labels:\n');
    expect(load(printed, signature, files)).toEqual(manifest);
  });

  test('what could not be read back is not printed', () => {
    const labels = Array.from({ length: 3 }, () => 'é'.repeat(60_000));
    const manifest = load('name: a\nmodel: {path: m}', signature);
    const large = { ...manifest, outputs: [{ ...manifest.outputs[0]!, labels }] };
    expect(() => printManifest(large)).toThrow(expect.objectContaining({ code: 'MANIFEST_TOO_LARGE' }));
  });
});

const hostile = fc.oneof(
  fc.constantFrom(...nasty),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc
    .tuple(fc.constantFrom('a', 'reg.example/'), fc.constantFrom(...nasty), fc.constantFrom('', 'z'))
    .map((parts) => parts.join('')),
);

interface Slot {
  readonly field: string;
  /** The manifest as data with the text in its place. */
  readonly place: (text: string) => object;
  /** What became of it. */
  readonly read: (manifest: Manifest) => unknown;
}

const base = { name: 'a', model: { path: 'm.onnx' } };
const slots: readonly Slot[] = [
  { field: 'name', place: (name) => ({ ...base, name }), read: ({ name }) => name },
  { field: 'version', place: (version) => ({ ...base, version }), read: ({ version }) => version },
  {
    field: 'description',
    place: (description) => ({ ...base, description }),
    read: ({ description }) => description,
  },
  { field: 'model.path', place: (path) => ({ ...base, model: { path } }), read: ({ model }) => model.path },
  {
    field: 'model.framework',
    place: (framework) => ({ ...base, model: { path: 'm', framework } }),
    read: ({ model }) => model.framework,
  },
  {
    field: 'axis',
    place: (axis) => ({ ...base, inputs: [{ name: 'x', shape: [axis, 4] }] }),
    read: ({ inputs }) => inputs[0]?.shape?.[0],
  },
  {
    field: 'label',
    place: (label) => ({ ...base, outputs: [{ name: 'y', labels: ['a', label, 'c'] }] }),
    read: ({ outputs }) => outputs[0]?.labels?.[1],
  },
  {
    field: 'step',
    place: (step) => ({ ...base, preprocess: [step] }),
    read: ({ preprocess }) => preprocess[0]?.name,
  },
  {
    field: 'option',
    place: (option) => ({ ...base, preprocess: [{ a: { b: option } }] }),
    read: ({ preprocess }) => (preprocess[0]!.options as { b: string }).b,
  },
  {
    field: 'sample',
    place: (inputs) => ({ ...base, samples: [{ inputs, outputs: 'o' }] }),
    read: ({ samples }) => samples[0]?.inputs,
  },
  {
    field: 'repository',
    place: (repository) => ({ ...base, image: { repository } }),
    read: ({ image }) => image.repository,
  },
  { field: 'base', place: (image) => ({ ...base, image: { base: image } }), read: ({ image }) => image.base },
  {
    field: 'env value',
    place: (value) => ({ ...base, image: { env: { A: value } } }),
    read: ({ image }) => image.env.A,
  },
  {
    field: 'env name',
    place: (name) => ({ ...base, image: { env: Object.fromEntries([[name, 'v']]) } }),
    read: ({ image }) => Object.keys(image.env)[0],
  },
  {
    field: 'label value',
    place: (value) => ({ ...base, image: { labels: { a: value } } }),
    read: ({ image }) => image.labels.a,
  },
  {
    field: 'label name',
    place: (name) => ({ ...base, image: { labels: Object.fromEntries([[name, 'v']]) } }),
    read: ({ image }) => Object.keys(image.labels)[0],
  },
];

describe('hostile text in any field is refused, or is carried unchanged and changes nothing else', () => {
  test.each(slots)('$field', ({ place, read }) => {
    const check = (text: string) => {
      // JSON is YAML: it carries any text into the reader.
      const outcome = tryLoad(JSON.stringify(place(text)));
      if (outcome instanceof MdeployError) {
        expect(outcome.code).toMatch(/^MANIFEST_|^TRANSFORM_/);
        return;
      }
      const printed = printManifest(outcome);
      expect(load(printed, signature)).toEqual(outcome);
      // The number of lines is a matter of structure, so a text must not change it.
      expect(/[\p{Cc}\u2028\u2029]/u.test(String(read(outcome)))).toBe(false);
      const sameShape = printManifest(load(JSON.stringify(place(text)), signature));
      expect(sameShape.split('\n').length).toBe(printed.split('\n').length);
      expect(unchanged(text, read(outcome))).toBe(true);
    };
    for (const text of nasty) check(text);
    fc.assert(fc.property(hostile, check), { numRuns: 60 });
  });

  test('nothing of it reaches the prototype of objects', () => {
    const before = Object.getOwnPropertyNames(Object.prototype).sort();
    for (const { place } of slots) for (const text of nasty) tryLoad(JSON.stringify(place(text)));
    expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(before);
  });

  test('at least one plain text passes in every field, so the property is not empty', () => {
    for (const { field, place, read } of slots) {
      const plain = field === 'version' ? '1' : 'plain';
      expect(read(load(JSON.stringify(place(plain)), signature)), field).toBe(plain);
    }
  });
});

// `./` before a path and `?` for an axis are spellings that are normalised; a bare placeholder with a default is filled in.
function unchanged(text: string, carried: unknown): boolean {
  return carried === text || text.startsWith('./') || text === '?' || /\$\{\w+:-/.test(text);
}

function tryLoad(text: string): Manifest | MdeployError {
  try {
    return load(text, signature);
  } catch (error) {
    if (error instanceof MdeployError) return error;
    throw error;
  }
}

describe('any signature of a model file', () => {
  const dim: fc.Arbitrary<Dim> = fc.oneof(
    fc.constant(''),
    fc.nat(5),
    fc.constantFrom('N', 'batch', 'unk__1', 'a b'),
    fc.string({ unit: 'binary', maxLength: 8 }),
  );
  const name = fc.oneof(
    fc.constantFrom('x', 'serving_default_x:0', '/conv/Conv_output_0', 'a: b', '#', '1', 'null'),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
  );
  const tensors = fc.uniqueArray(
    fc.record({
      name,
      datatype: fc.constantFrom<Datatype>(...datatypes),
      shape: fc.option(fc.array(dim, { maxLength: 5 }), { nil: null }),
    }),
    { minLength: 1, maxLength: 4, selector: (tensor) => tensor.name },
  );

  test('prints to a manifest that loads back, or is refused', () => {
    fc.assert(
      fc.property(tensors, tensors, (inputs, outputs) => {
        const any = { inputs, outputs };
        let manifest: Manifest;
        try {
          manifest = load(JSON.stringify(base), any);
        } catch (error) {
          expect(error).toMatchObject({ code: 'MANIFEST_TENSOR_NAME' });
          return;
        }
        expect(load(printManifest(manifest), any)).toEqual(manifest);
      }),
      { numRuns: 150 },
    );
  });
});
