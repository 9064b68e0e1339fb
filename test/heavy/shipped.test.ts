// Models of other people, as their packages ship them, each converted with one command.
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { parseInputFlag } from '../../src/convert/input-flag.ts';
import type { Tensor } from '../../src/core/tensor.ts';
import { graphSource } from '../../src/repository/load-version.ts';
import { openModel } from '../../src/repository/open-model.ts';
import { readSample } from '../../src/repository/samples.ts';
import { probeModel } from '../../src/runtime/probe.ts';
import { validate } from '../../src/validate/validate.ts';
import { convertFile, goldenAfter, work } from '../e2e/converting.ts';
import { difference, fixturePath } from '../fixtures.ts';
import { cachePath } from '../provision/cache.ts';
import { type Shipped, shipped, shippedArguments, shippedPath } from './shipped.ts';

afterAll(() => rmSync(work, { recursive: true, force: true }));

test.each(shipped.map((model) => [model.package, model.file, model] as const))(
  '%s %s',
  async (_, __, model) => {
    const made = await convert(model, join(work, model.file.replaceAll('/', '-')));
    expect(made.ok).toBe(true);
    expect(await validate(made.folder)).toMatchObject({ ok: true });
  },
);

describe('against the ONNX file that the makers ship themselves', () => {
  test('the part of the voice detector that keeps no state', async () => {
    const inputs = [parseInputFlag('input:FP32[batch,576]'), parseInputFlag('state:FP32[2,batch,128]')];
    const flags = { module: '_model', inputs, outputs: ['output', 'stateN'] };
    const { conversion, differences } = await goldenAfter('real/silero_vad', 'model.pt', flags);
    expect(conversion.parity.ok).toBe(true);
    expect(differences).toEqual([]);
  });

  test('the SavedModel of Basic Pitch', async () => {
    const model = shipped.find(({ file }) => file.endsWith('/nmp'))!;
    const path = await shippedPath(model);
    const { folder } = await convertFile(path);
    const opened = await openModel(folder!);
    const own = await openModel(`${path}.onnx`);
    const sample = await readSample(join(folder!, 'samples/random.in.json'), opened.manifest.inputs);
    const theirs = sample.map((tensor) => ({ ...tensor, name: own.manifest.inputs[0]!.name }));
    const [ours, shippedAnswers] = [await answers(opened, sample), await answers(own, theirs)];
    expect(ours.map(({ name }) => name)).toEqual(['contour', 'note', 'onset']);
    for (const tensor of ours) {
      const near = shippedAnswers.filter((other) => other.shape.join() === tensor.shape.join());
      const gaps = near.map((other) =>
        difference({ ...other, name: tensor.name }, tensor, { rtol: 1e-3, atol: 1e-4 }),
      );
      expect(gaps, tensor.name).toContain(undefined);
    }
  });
});

describe('what TorchScript keeps between calls', () => {
  test('is told, with the parts that keep nothing', async () => {
    const done = convertFile(fixturePath('real/silero_vad/model.pt'));
    await expect(done).rejects.toMatchObject({
      code: 'CONVERT_ASKED',
      message: expect.stringContaining('parts that do not are _model, _model_8k'),
      remedy: expect.stringContaining('--module _model'),
    });
  });

  test('a part that is not there', async () => {
    const done = convertFile(fixturePath('real/silero_vad/model.pt'), { module: 'encoder' });
    await expect(done).rejects.toThrow(
      'it has no module encoder that can be called; it has _model, _model_8k',
    );
  });
});

async function convert(model: Shipped, out: string): Promise<{ ok: boolean; folder: string }> {
  const main = join(import.meta.dirname, '../../src/cli/main.ts');
  const args = [main, 'convert', await shippedPath(model), '-o', out, '--json', ...shippedArguments(model)];
  const env = { ...process.env, MDEPLOY_CACHE: cachePath('convert') };
  const { stdout } = await promisify(execFile)(process.execPath, args, { env, maxBuffer: 64 * 1024 ** 2 });
  return JSON.parse(stdout) as { ok: boolean; folder: string };
}

async function answers(opened: Awaited<ReturnType<typeof openModel>>, inputs: readonly Tensor[]) {
  const limits = { timeoutMs: 60_000, maxMemoryBytes: 4e9 };
  const { runs } = await probeModel(await graphSource(opened), { inputs: [inputs], ...limits });
  const run = runs[0]!;
  return run.ok ? run.outputs : [];
}
