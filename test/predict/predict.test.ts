import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

  test.each([{ format: undefined }, { format: 'parquet' }])(
    'of no known format ($format) is INPUT_FILE_UNKNOWN',
    async ({ format }) => {
      const file = join(folder, 'x.bin');
      await writeFile(file, Uint8Array.of(0, 1, 2));
      await expect(readInput({ input: file, ...(format && { format }) }, noInput)).rejects.toMatchObject({
        code: 'INPUT_FILE_UNKNOWN',
        remedy: 'Name it with --format: json, npy, npz, csv, image.',
      });
    },
  );
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
    { input: '{"x": 1.50}', sent: '{"instances": [{"x": 1.50}]}' },
  ])('for TF Serving is wrapped: $input', async ({ input, sent }) => {
    const server = echo();
    await predict({ input }, server, true);
    expect(server.sent).toEqual([sent]);
  });
});
