import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fixturePath } from '../fixtures.ts';

const root = mkdtempSync(join(tmpdir(), 'mdeploy-diff-'));
let count = 0;

export function removeModels(): void {
  rmSync(root, { recursive: true, force: true });
}

export const digits = fixturePath('torch/digits_cnn/model.onnx');
export const iris = fixturePath('sklearn/iris_logreg/model.onnx');

export interface Files {
  /** Lines behind schema_version. */
  readonly manifest: string;
  readonly model?: Uint8Array;
  readonly samples?: Readonly<Record<string, object>>;
}

/** A folder with model.yaml; its model is the digits CNN unless another is given. */
export function modelFolder({ manifest, model, samples = {} }: Files): string {
  const folder = join(root, String(count++));
  mkdirSync(folder);
  writeFileSync(join(folder, 'model.onnx'), model ?? readFileSync(digits));
  writeFileSync(join(folder, 'model.yaml'), `schema_version: 1\n${manifest}\nmodel: {path: model.onnx}\n`);
  for (const [name, content] of Object.entries(samples))
    writeFileSync(join(folder, name), JSON.stringify(content));
  return folder;
}

export function modelFile(bytes: Uint8Array): string {
  const file = join(root, `${count++}.onnx`);
  writeFileSync(file, bytes);
  return file;
}
