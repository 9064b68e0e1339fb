import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import Docker from 'dockerode';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { buildImage } from '../../src/build-image/build-image.ts';
import { replaySamples } from '../../src/serve/replay.ts';
import { type RealPackage, realPackageOf } from '../build-image/real-package.ts';
import { loadCase } from '../fixtures.ts';
import { ensureBaseImage } from '../provision/base-image.ts';
import { obtain } from '../provision/cannot-provision.ts';
import { ensureDocker } from '../provision/docker.ts';
import { ensureLocale } from '../provision/locale.ts';
import { ensureNode } from '../provision/nodes.ts';
import { Workplace } from '../validate/workplace.ts';

const engine = await obtain(ensureDocker);
const locale = await obtain(ensureLocale);
const repository = `mdeploy-e2e/text-${randomBytes(4).toString('hex')}`;
const work = new Workplace();

afterAll(() => work.remove());

describe.skipIf(engine === undefined || locale === undefined)(
  'a text model on a base without its locale',
  () => {
    let docker: Docker;
    let env: NodeJS.ProcessEnv;
    let source: string;
    let base: string;
    let text: RealPackage;

    // Not in the body of the suite, which is run even where there is no engine.
    beforeAll(async () => {
      docker = new Docker({ socketPath: engine!.socketPath });
      env = { ...process.env, DOCKER_HOST: engine!.host };
      source = await work.model(loadCase('sklearn/text_sentiment_en'));
      base = await ensureBaseImage(engine!.socketPath);
      text = await realPackageOf(source, base);
    });

    afterAll(() => rm(text.folder, { recursive: true }));

    afterEach(async () => {
      for (const image of await docker.listImages({ filters: { reference: [repository] } })) {
        for (const tag of image.RepoTags ?? []) await docker.getImage(tag).remove();
      }
    });

    test('answers over HTTP as the golden file says, locked down', async () => {
      const answers: unknown[] = [];
      const built = await buildImage({
        root: text.root,
        repository,
        env,
        replay: async (url) => {
          const body = JSON.stringify({ inputs: { X: [['profit beat estimates'], ['WEAK demand']] } });
          const reply = await fetch(`${url}/predict`, { method: 'POST', body, headers });
          answers.push(await reply.json());
          return replaySamples(url, text.opened);
        },
      });
      expect(built.smoke!.rows.map(({ output, ok }) => [output, ok])).toEqual([
        ['label', true],
        ['probabilities', true],
      ]);
      expect(answers).toMatchObject([{ predictions: [{ label: 'positive' }, { label: 'negative' }] }]);
      expect(built.tags).toEqual([`${repository}:1`]);
      const layer = built.layers.find(({ instruction }) => instruction.includes('locale/'));
      expect(layer?.bytes).toBeGreaterThan(300_000);
      expect(layer?.bytes).toBeLessThan(500_000);
      const { Config } = await docker.getImage(built.id).inspect();
      expect(Config.Env?.filter((line) => /^(LANG|LC_|LOCPATH)/.test(line))).toEqual([]);
    });

    test('would not start if the package did not bring the locale', async () => {
      const bare = await realPackageOf(source, base, { onnx: { ...text.opened.onnx, locales: [] } });
      const logs: string[] = [];
      try {
        const options = { root: bare.root, repository, env, onLog: (log: string) => logs.push(log) };
        const error = await buildImage({ ...options, replay: async () => [] }).catch((e: unknown) => e);
        expect(error).toMatchObject({ code: 'SMOKE_ENDED' });
        expect(logs.join()).toContain('MODEL_REFUSED');
        expect(logs.join()).toContain('en_US.UTF-8');
      } finally {
        await rm(bare.folder, { recursive: true });
      }
    });

    test.each([22, 24, 26] as const)(
      'node server.mjs on Node %i finds the locale by itself',
      async (major) => {
        const node = await ensureNode(major);
        const server = spawn(node, [join(text.root, 'server.mjs'), '--host', '127.0.0.1', '--port', '0'], {
          stdio: ['ignore', 'pipe', 'inherit'],
          env: { LOCPATH: '/nonexistent' },
        });
        try {
          const rows = await replaySamples(await readyUrl(server.stdout), text.opened);
          expect(rows.map(({ output, ok }) => [output, ok])).toEqual([
            ['label', true],
            ['probabilities', true],
          ]);
        } finally {
          server.kill('SIGTERM');
          if (server.exitCode === null) await once(server, 'exit');
        }
      },
    );
  },
);

const headers = { 'content-type': 'application/json' };

/** The address in the log line of a server that has got ready. */
async function readyUrl(log: AsyncIterable<Buffer>): Promise<string> {
  let seen = '';
  for await (const chunk of log) {
    seen += chunk.toString();
    const line = seen.split('\n').find((each) => each.includes('"msg":"ready"'));
    if (line !== undefined) return (JSON.parse(line) as { url: string }).url;
  }
  throw new Error(`the server ended before it was ready:\n${seen}`);
}
