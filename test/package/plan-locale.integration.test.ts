import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { packageModel } from '../../src/package/package.ts';
import { planLocales } from '../../src/package/plan-locale.ts';
import { openModel } from '../../src/repository/open-model.ts';
import { hasLocale } from '../../src/runtime/locale.ts';
import { openOnnxSession } from '../../src/runtime/runtimes/onnx.ts';
import { validate } from '../../src/validate/validate.ts';
import { runCli } from '../build-image/run-cli.ts';
import { loadCase } from '../fixtures.ts';
import { attribute, bareGraph, int, model, msg, node, str, tensorType, value } from '../onnx/proto.ts';
import { obtain } from '../provision/cannot-provision.ts';
import { runCommand } from '../provision/command.ts';
import { compileLocale } from '../provision/locale.ts';
import { check, codes, Workplace } from '../validate/workplace.ts';
import { fakeAssets } from './fakes.ts';

// The C library looks into LOCPATH in place of its archive: with a folder that is not there, this machine lacks the
// locale, unless it has it as a folder of its own.
const nowhere = '/nonexistent';
const work = new Workplace();
const text = loadCase('sklearn/text_sentiment_en');
const compiled = work.folder();
const isReady = await obtain(() => compileLocale(compiled).then(() => true));

afterAll(() => work.remove());
afterEach(() => vi.unstubAllEnvs());

describe.skipIf(isReady === undefined || process.platform !== 'linux')('a package of a text model', () => {
  let root: string;

  beforeAll(async () => {
    root = await packaged();
  });

  async function packaged(more = ''): Promise<string> {
    const folder = work.folder();
    const output = join(folder, 'package');
    const assets = await fakeAssets(join(folder, 'assets'));
    await packageModel(await openModel(await work.model(text, more)), { output }, assets);
    return output;
  }

  test('has the same bytes each time, compiled or copied', async () => {
    const places = { installed: compiled, localedef: 'localedef' };
    const [first, second] = await Promise.all([planLocales(['en_US.UTF-8']), planLocales(['en_US.UTF-8'])]);
    expect(second).toEqual(first);
    const copied = await planLocales(['en_US.UTF-8'], places);
    const ctype = (files: typeof first) => files.find(({ path }) => path.endsWith('LC_CTYPE'))?.source;
    expect(ctype(copied)).toEqual(ctype(first));
  });

  test('gives the runtime its locale', async () => {
    vi.stubEnv('LOCPATH', nowhere);
    expect(await hasLocale('en_US')).toBe(false);
    expect(await hasLocale('en_US', { localePath: join(root, 'locale') })).toBe(true);
    expect(await hasLocale('de_DE.UTF-8', { localePath: join(root, 'locale') })).toBe(false);
  });

  test('is fit to ship on a machine without the locale; the model alone is not', async () => {
    vi.stubEnv('LOCPATH', nowhere);
    const report = await validate(root);
    expect(codes(report)).toEqual([]);
    expect(check(report, 'locale')).toMatchObject({ status: 'passed', detail: 'en_US.UTF-8' });
    expect(check(report, 'locale').findings[0]!.message).toContain('The package brings this locale');
    expect(check(report, 'samples').status).toBe('passed');
    expect(codes(await validate(text.modelPath))).toEqual(['LOCALE_MISSING']);
    expect(process.env.LOCPATH).toBe(nowhere);
  });

  test.each([
    ['on the event loop', ''],
    ['on a worker thread', 'serving: {warmup: none}\n'],
  ])('is served %s with the right answers, tried out in a process of its own first', async (_, more) => {
    const served = more === '' ? root : await packaged(more);
    const env = { LOCPATH: nowhere };
    const { code, stdout, stderr } = await runCli(['serve', served, '--smoke', '--json'], { env });
    expect(stderr).toBe('');
    const report = JSON.parse(stdout) as { ok: boolean; replays: { output: string; ok: boolean }[] };
    expect(report.replays.map(({ output, ok }) => [output, ok])).toContainEqual(['probabilities', true]);
    expect([code, report.ok]).toEqual([0, true]);
  });

  test('without its locale is refused with the remedy', async () => {
    const bare = await work.package(text);
    const { code, stdout } = await runCli(['serve', bare, '--smoke', '--json'], {
      env: { LOCPATH: nowhere },
    });
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'MODEL_REFUSED', remedy: expect.stringContaining('en_US.UTF-8') },
    });
  });
});

describe.skipIf(isReady === undefined || process.platform !== 'linux')('the small rules of sorting', () => {
  const whole = work.folder();
  const brought = work.folder();

  beforeAll(async () => {
    const target = join(whole, 'en_US.utf8');
    await runCommand('localedef', ['--no-archive', '-i', 'en_US', '-f', 'UTF-8', target]);
    for (const { path, source } of await planLocales(['en_US.UTF-8'])) {
      if (source.kind !== 'bytes') throw new TypeError(`${path} is not made of bytes`);
      await mkdir(dirname(join(brought, path)), { recursive: true });
      await writeFile(join(brought, path), source.bytes);
    }
  });

  test.each(['LOWER', 'UPPER'])('change no answer of %s over all of Unicode', async (action) => {
    const expected = await folded(action, whole);
    expect(expected).toHaveLength(0x110000 - 0x800 - 1);
    expect(expected.slice(0x40, 0x42)).toEqual(action === 'LOWER' ? ['xay', 'xby'] : ['XAY', 'XBY']);
    // Not toEqual: a million lines of difference would help nobody.
    const received = await folded(action, join(brought, 'locale'));
    expect(received.findIndex((line, index) => line !== expected[index])).toBe(-1);
  });

  test('are what the model is read with: without a locale it is refused', async () => {
    await expect(folded('LOWER', nowhere)).rejects.toMatchObject({ code: 'MODEL_REFUSED' });
  });
});

/** `x?Y` for every character but NUL and surrogates, folded by the runtime with the locale in a folder. */
async function folded(action: string, locpath: string): Promise<readonly string[]> {
  vi.stubEnv('LOCPATH', locpath);
  const source = { name: 'fold', path: 'fold.onnx', bytes: normalizer(action), intraOpThreads: 1 } as const;
  const session = await openOnnxSession(source);
  const data = Array.from({ length: 0x110000 }, (_, code) => code)
    .filter((code) => code !== 0 && (code < 0xd800 || code > 0xdfff))
    .map((code) => `x${String.fromCodePoint(code)}Y`);
  const [answer] = await session.run([{ name: 'x', datatype: 'BYTES', shape: [data.length], data }], ['y']);
  await session.close();
  return (answer!.data as readonly (string | Uint8Array)[]).map(String);
}

function normalizer(action: string): Uint8Array {
  const texts = tensorType(8, str(2, 'N'));
  return model(
    bareGraph(
      node('StringNormalizer', attribute('case_change_action', str(4, action), int(20, 3))),
      str(2, 'fold'),
      msg(11, value('x', texts)),
      msg(12, value('y', texts)),
    ),
  );
}
