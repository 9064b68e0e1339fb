// Hugging Face folders: tiny models that are made here, for no hub is asked.
import { execFile } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseInputFlag } from '../../src/convert/input-flag.ts';
import { ensureEnvironment } from '../../src/python/environment.ts';
import { readLock } from '../../src/python/lock.ts';
import { openModel } from '../../src/repository/open-model.ts';
import { validate } from '../../src/validate/validate.ts';
import { convertFile, work } from '../e2e/converting.ts';

const hub = join(work, 'hub');

beforeAll(async () => {
  const quiet = { progress: () => undefined, note: () => undefined };
  const { python } = await ensureEnvironment(await readLock('torch'), quiet);
  const program = join(import.meta.dirname, 'make/transformers_models.py');
  await promisify(execFile)(python, ['-I', program, hub]);
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

const tokens = (...names: readonly string[]) =>
  names.map((name) => ({ name, datatype: 'INT64', shape: ['batch', 'sequence'] }));
const text = tokens('input_ids', 'attention_mask');

describe('a folder that save_pretrained wrote converts with one command', () => {
  test.each<[string, string, object[], (string | number)[]]>([
    ['bert', 'BertForSequenceClassification', [...text, ...tokens('token_type_ids')], ['batch', 3]],
    ['bin', 'BertForSequenceClassification', [...text, ...tokens('token_type_ids')], ['batch', 3]],
    ['distilbert', 'DistilBertForSequenceClassification', text, ['batch', 2]],
    ['gpt2', 'GPT2ForSequenceClassification', text, ['batch', 2]],
    ['gpt2-lm', 'GPT2LMHeadModel', text, ['batch', 'sequence', 200]],
    [
      'vit',
      'ViTForImageClassification',
      [{ name: 'pixel_values', datatype: 'FP32', shape: ['batch', 3, 32, 32] }],
      ['batch', 2],
    ],
  ])('%s: %s', async (name, architecture, inputs, logits) => {
    const { what, parity, folder } = await convertFile(join(hub, name));
    expect(what).toBe(`a Hugging Face model folder (${architecture})`);
    expect(parity.outputs.map(({ sample, ok }) => [sample, ok])).toEqual([
      ['random', true],
      ['edge', true],
      ['zeros', true],
      ['large', true],
    ]);
    const { manifest } = await openModel(folder!);
    expect(manifest.inputs).toMatchObject(inputs);
    expect(manifest.outputs).toMatchObject([{ name: 'logits', datatype: 'FP32', shape: logits }]);
    expect(await validate(folder!)).toMatchObject({ ok: true, warnings: 0 });
  });

  test('the names of the classes come along', async () => {
    const { folder } = await convertFile(join(hub, 'bert'));
    expect(readFileSync(join(folder!, 'model.yaml'), 'utf8')).toContain('labels: [bad, fair, good]');
  });

  test('every output of an encoder, or those that are wanted', async () => {
    const { folder } = await convertFile(join(hub, 'encoder'));
    const { manifest } = await openModel(folder!);
    expect(manifest.outputs.map(({ name }) => name)).toEqual(['last_hidden_state', 'pooler_output']);
    const fewer = await convertFile(join(hub, 'encoder'), { outputs: ['pooler_output'] });
    expect(fewer.parity.outputs.map(({ output }) => output)).toEqual(Array(4).fill('pooler_output'));
  });

  test('inputs that are given are the only ones', async () => {
    const inputs = [
      parseInputFlag('input_ids:INT64[batch,16]'),
      parseInputFlag('attention_mask:INT64[batch,16]'),
    ];
    const { folder } = await convertFile(join(hub, 'bert'), { inputs });
    expect((await openModel(folder!)).manifest.inputs).toMatchObject(inputs);
  });
});

describe('what is refused', () => {
  test.each([
    ['t5', 'CONVERT_REFUSED', 'step by step'],
    ['lacking', 'CONVERT_REFUSED', 'its weights lack classifier.bias, classifier.weight'],
    ['code', 'CONVERT_UNSAFE', 'auto_map'],
  ])('%s', async (name, code, words) => {
    const done = convertFile(join(hub, name));
    await expect(done).rejects.toMatchObject({ code });
    await expect(done).rejects.toThrow(words);
  });

  test('a folder with code of its own, but with --trust', async () => {
    await expect(convertFile(join(hub, 'own'))).rejects.toMatchObject({ code: 'CONVERT_UNSAFE' });
    const { parity, what } = await convertFile(join(hub, 'own'), { trust: true });
    expect(what).toBe('a Hugging Face model folder (Own)');
    expect(parity.ok).toBe(true);
  });

  test('an input that the model does not take', async () => {
    const inputs = [parseInputFlag('text:BYTES[batch,1]')];
    await expect(convertFile(join(hub, 'bert'), { inputs })).rejects.toMatchObject({
      code: 'CONVERT_ASKED',
      message: expect.stringContaining('its first is input_ids'),
    });
  });
});
