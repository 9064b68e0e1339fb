import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readNpy } from '../../src/core/npy.ts';
import type { Tensor } from '../../src/core/tensor.ts';
import { makeInPython } from '../../src/optimize/make-in-python.ts';
import { answers, fakePython } from '../python/fake-python.ts';

const folder = mkdtempSync(join(tmpdir(), 'mdeploy-make-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;

function make(script: string, calibration: readonly Tensor[] = []) {
  const work = join(folder, String(count++));
  const heard: string[] = [];
  const options = {
    python: fakePython(script),
    file: 'm.onnx',
    home: join(work, 'home'),
    timeoutMs: 20_000,
    maxMemoryBytes: 8e9,
    progress: (text: string) => heard.push(text),
  };
  const feeds = calibration.length > 0 ? [{ name: 'a', inputs: calibration }] : [];
  const recipes = [{ name: 'fp16' }, { name: 'pruned', share: 0.5 }] as const;
  return { work, heard, done: makeInPython('/m.onnx', work, recipes, feeds, options) };
}

const begin = (name: string) => ({ kind: 'begin', name });
const end = { kind: 'done', versions: { onnx: '1' } };

describe('the maker of variants', () => {
  test('tells of each what became of it', async () => {
    const script = answers(
      begin('fp16'),
      { kind: 'progress', text: 'Making fp16' },
      { kind: 'skipped', name: 'fp16', reason: 'no weights' },
      begin('pruned'),
      { kind: 'made', name: 'pruned', facts: { sparsity: 0.5 } },
      end,
    );
    const { work, heard, done } = make(script);
    expect(await done).toEqual({
      versions: { onnx: '1' },
      made: [
        { name: 'fp16', facts: {}, skipped: 'no weights' },
        { name: 'pruned', facts: { sparsity: 0.5 }, path: join(work, 'pruned.onnx') },
      ],
    });
    expect(heard).toEqual(['Making fp16']);
  });

  test('that dies over one is started again for the others', async () => {
    const marker = join(folder, `again-${count}`);
    const first = answers(begin('fp16'));
    const second = answers(
      begin('pruned'),
      { kind: 'skipped', name: 'pruned', reason: 'x', failed: true },
      end,
    );
    const { done } = make(
      `if [ -e ${marker} ]; then\n${second}\nelse\ntouch ${marker}\n${first}\nkill -SEGV $$\nfi`,
    );
    expect((await done).made).toEqual([
      { name: 'fp16', facts: {}, failed: expect.stringContaining('SIGSEGV') },
      { name: 'pruned', facts: {}, failed: 'the tool that makes it failed: x' },
    ]);
  });

  test('that does not begin is an error', async () => {
    const { done } = make('echo "ImportError: no onnx" >&2; exit 1');
    await expect(done).rejects.toMatchObject({
      code: 'OPTIMIZE_MAKER_FAILED',
      exit: 1,
      message: expect.stringContaining('ImportError: no onnx'),
    });
  });

  test('gets its inputs as NumPy files, unless they are texts', async () => {
    const x: Tensor = { name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(1, 2) };
    const kept = make(`cat > ${join(folder, 'request.json')}; echo '${JSON.stringify(end)}'`, [x]);
    await kept.done;
    const request = JSON.parse(readFileSync(join(folder, 'request.json'), 'utf8'));
    const file = request.calibration[0].x as string;
    const read = readNpy(readFileSync(file), 'x', (reason) => new Error(reason));
    expect(read).toEqual(x);
    expect(request.recipes[1]).toEqual({ name: 'pruned', share: 0.5 });
    const text: Tensor = { name: 't', datatype: 'BYTES', shape: [1], data: ['a'] };
    const without = make(`cat > ${join(folder, 'other.json')}; echo '${JSON.stringify(end)}'`, [text]);
    await without.done;
    expect(existsSync(join(folder, 'other.json'))).toBe(true);
    expect(JSON.parse(readFileSync(join(folder, 'other.json'), 'utf8')).calibration).toEqual([]);
  });
});
