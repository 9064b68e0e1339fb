import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TensorSpec } from '../../src/core/tensor.ts';
import { predict, readInput } from '../../src/predict/predict.ts';
import type { Server } from '../../src/predict/server.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mdeploy-predict-'));
});
afterAll(() => rm(folder, { recursive: true }));

function echo(): Server & { readonly sent: string[] } {
  const sent: string[] = [];
  return {
    sent,
    inputs: () => Promise.resolve([]),
    predict: (body) => {
      sent.push(body);
      return Promise.resolve('{"predictions": []}');
    },
  };
}

const noInput = Readable.from([]);

describe('the input', () => {
  test('may be JSON itself, a file, or standard input', async () => {
    expect(await readInput({ input: ' [[1.0]]' }, noInput)).toEqual({ kind: 'document', text: ' [[1.0]]' });
    const file = join(folder, 'rows.csv');
    await writeFile(file, '1,2\n');
    expect(await readInput({ input: file }, noInput)).toMatchObject({ kind: 'rows', rows: [['1', '2']] });
    const piped = Readable.from([Buffer.from('{"inputs"'), Buffer.from(': [1]}')]);
    expect(await readInput({ input: '-' }, piped)).toEqual({ kind: 'document', text: '{"inputs": [1]}' });
  });

  test('takes the format it is told over the one it looks like', async () => {
    const piped = Readable.from([Buffer.from('[1\n2')]);
    await expect(readInput({ input: '-', format: 'csv' }, piped)).resolves.toMatchObject({ kind: 'rows' });
  });

  test('that is missing is FILE_UNREADABLE', async () => {
    const missing = readInput({ input: join(folder, 'none.json') }, noInput);
    await expect(missing).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringContaining('it does not exist'),
    });
  });

  test('may be a pipe, whoever opens it first', async () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const writesFirst of [true, false]) {
      const write = () => writeFile(pipe, '{"inputs": [1]}');
      const written = writesFirst ? write() : undefined;
      const read = readInput({ input: pipe }, noInput);
      await (written ?? new Promise((resolve) => setTimeout(resolve, 50)).then(write));
      expect(await read).toEqual({ kind: 'document', text: '{"inputs": [1]}' });
    }
  });

  test('that is a device without an end is FILE_UNREADABLE', async () => {
    await expect(readInput({ input: '/dev/zero' }, noInput)).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringContaining('it is a device'),
    });
  });

  test('may be a pipe', async () => {
    const file = join(folder, 'pipe.json');
    execFileSync('mkfifo', [file]);
    const [input] = await Promise.all([
      readInput({ input: file }, noInput),
      writeFile(file, '[[1]]', { flag: 'a' }),
    ]);
    expect(input).toEqual({ kind: 'document', text: '[[1]]' });
  });

  test('of no known format is INPUT_FILE_UNKNOWN', async () => {
    const file = join(folder, 'x.bin');
    await writeFile(file, Uint8Array.of(0, 1, 2));
    await expect(readInput({ input: file }, noInput)).rejects.toMatchObject({
      code: 'INPUT_FILE_UNKNOWN',
      remedy: 'Name it with --format: json, npy, npz, csv, image.',
    });
  });

  test.each([
    { format: 'parquet', problem: '--format must be one of json, npy, npz, csv, image, not "parquet".' },
    {
      format: 'cvs',
      problem: '--format must be one of json, npy, npz, csv, image, not "cvs". Did you mean "csv"?',
    },
  ])('in the format $format is wrong usage', async ({ format, problem }) => {
    for (const input of ['[1]', '-', join(folder, 'none.json')])
      await expect(readInput({ input, format }, noInput)).rejects.toMatchObject({
        code: 'USAGE',
        message: problem,
      });
  });

  test.each(['', '  '])('%j is none', async (input) => {
    await expect(readInput({ input }, noInput)).rejects.toMatchObject({
      code: 'USAGE',
      message: 'Nothing to predict: --input is empty.',
    });
  });

  test('of no bytes says so, not that its format is unknown', async () => {
    await expect(readInput({ input: '-' }, noInput)).rejects.toMatchObject({
      code: 'INPUT_FILE_MALFORMED',
      message: 'Cannot use standard input as an input: it is empty.',
    });
  });
});

describe('a picture', () => {
  const asking = (...inputs: TensorSpec[]) => ({ ...echo(), inputs: () => Promise.resolve(inputs) });
  const picture = async () => {
    const file = join(folder, 'dot.png');
    await writeFile(file, Buffer.from('89504e470d0a1a0a', 'hex'));
    return file;
  };

  test('for a model that takes numbers is refused before it is sent', async () => {
    const server = asking({ name: 'x', datatype: 'FP32', shape: ['', 4] });
    await expect(predict({ input: await picture() }, server, false)).rejects.toMatchObject({
      code: 'INPUT_FILE_MISFIT',
      exit: 2,
      remedy: expect.stringContaining('decode_image'),
      details: { expected: 'x FP32[?,4]', received: 'a picture' },
    });
    expect(server.sent).toEqual([]);
  });

  test('goes where bytes are taken, and to servers that tell nothing', async () => {
    for (const server of [asking({ name: 'x', datatype: 'BYTES', shape: [''] }), asking()]) {
      await predict({ input: await picture() }, server, false);
      expect(server.sent).toEqual(['{"inputs": [{"b64": "iVBORw0KGgo="}]}']);
    }
  });
});

describe('the question', () => {
  test('is a document as it was written', async () => {
    const server = echo();
    await predict({ input: '{"features": [1.10]}' }, server, false);
    expect(server.sent).toEqual(['{"features": [1.10]}']);
  });

  test.each([
    { input: '[[1.0]]', sent: '{"instances": [[1.0]]}' },
    { input: '{"inputs": {"x": [1]}}', sent: '{"inputs": {"x": [1]}}' },
    { input: '{"instances": [1]}', sent: '{"instances": [1]}' },
    { input: '[[NaN, -Infinity]]', sent: '{"instances": [[NaN, -Infinity]]}' },
    { input: '{"x": 1.50}', sent: '{"instances": [{"x": 1.50}]}' },
  ])('for TF Serving is wrapped: $input', async ({ input, sent }) => {
    const server = echo();
    await predict({ input }, server, true);
    expect(server.sent).toEqual([sent]);
  });
});
