// What `convert` leaves, without Python: the iris model, a manifest, one sample, the record.
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { removeTree } from '../../src/core/files.ts';
import { sha256 } from '../../src/core/hash.ts';
import { irisFile, irisSample } from './folders.ts';

export const sampleIn = 'samples/random.in.json';

/** A folder that is removed after the test. @param more of the record, in place of what it says */
export function convertedFolder(more: object = {}): string {
  const root = mkdtempSync(join(tmpdir(), 'mdeploy-converted-'));
  onTestFinished(() => removeTree(root));
  mkdirSync(join(root, 'samples'));
  const files = {
    'model.onnx': readFileSync(irisFile),
    [sampleIn]: Buffer.from(irisSample.inputs),
    'samples/random.out.json': Buffer.from(irisSample.outputs),
  };
  for (const [path, content] of Object.entries(files)) writeFileSync(join(root, path), content);
  const samples = `[{inputs: ${sampleIn}, outputs: samples/random.out.json}]`;
  writeFileSync(join(root, 'model.yaml'), `name: iris\nmodel: {path: model.onnx}\nsamples: ${samples}\n`);
  const record = {
    schema_version: 1,
    source: {
      name: 'iris.pkl',
      format: 'sklearn',
      what: 'a pickled model',
      sha256: sha256('iris'),
      bytes: 4,
    },
    model: { path: 'model.onnx', sha256: sha256(files['model.onnx']) },
    samples: { [sampleIn]: sha256(files[sampleIn]!) },
    tools: { mdeploy: '0.1.0', 'onnxruntime-node': '1.30.0', 'scikit-learn': '1.9.1', skl2onnx: '1.20.0' },
    parity: { passed: true, outputs: [{ sample: 'random', output: 'label', ok: true, max_abs: 5e-7 }] },
    ...more,
  };
  writeFileSync(join(root, 'conversion.json'), JSON.stringify(record));
  return root;
}

/** Another model with the same signature: one weight is a hair off. */
export function changeModel(root: string): void {
  const file = join(root, 'model.onnx');
  const bytes = readFileSync(file);
  const at = bytes.indexOf(Buffer.from('coefficients'));
  bytes.writeFloatLE(bytes.readFloatLE(at + 14) * (1 + 1e-6), at + 14);
  writeFileSync(file, bytes);
}
