import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runCleanups } from '../../src/core/interrupt.ts';
import { openOutput } from '../../src/core/output-folder.ts';

const root = mkdtempSync(join(tmpdir(), 'mdeploy-output-'));
afterAll(() => rmSync(root, { recursive: true }));

test('appears whole, and only on commit', async () => {
  const output = await openOutput(join(root, 'a'), false);
  writeFileSync(join(output.work, 'model.onnx'), 'x');
  expect(existsSync(join(root, 'a'))).toBe(false);
  await output.commit();
  await output.discard();
  expect(readdirSync(join(root, 'a'))).toEqual(['model.onnx']);
  expect(readdirSync(root)).toEqual(['a']);
});

test('without commit nothing stays', async () => {
  const output = await openOutput(join(root, 'b'), false);
  writeFileSync(join(output.work, 'model.onnx'), 'x');
  await output.discard();
  expect(readdirSync(root)).not.toContain('b');
  expect(readdirSync(root).filter((name) => name.startsWith('.'))).toEqual([]);
});

test('an interrupt leaves nothing either', async () => {
  await openOutput(join(root, 'c'), false);
  expect(await runCleanups()).toEqual([]);
  expect(readdirSync(root).filter((name) => name.startsWith('.c'))).toEqual([]);
});

test('what is there is kept, unless force says otherwise; an empty folder is as good as none', async () => {
  mkdirSync(join(root, 'd'));
  writeFileSync(join(root, 'd', 'precious'), 'x');
  await expect(openOutput(join(root, 'd'), false)).rejects.toMatchObject({ code: 'OUTPUT_EXISTS', exit: 2 });
  const output = await openOutput(join(root, 'd'), true);
  writeFileSync(join(output.work, 'new'), 'y');
  expect(readFileSync(join(root, 'd', 'precious'), 'utf8')).toBe('x');
  await output.commit();
  await output.discard();
  expect(readdirSync(join(root, 'd'))).toEqual(['new']);
  mkdirSync(join(root, 'e'));
  await (await openOutput(join(root, 'e'), false)).discard();
  writeFileSync(join(root, 'f'), 'a file');
  await expect(openOutput(join(root, 'f'), false)).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
});

test('below a file nothing can be written, and it says so', async () => {
  await expect(openOutput(join(root, 'f', 'x'), false)).rejects.toMatchObject({
    code: 'FILE_UNWRITABLE',
    exit: 3,
  });
});
