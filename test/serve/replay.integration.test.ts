import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openModel } from '../../src/repository/open-model.ts';
import { replaySamples } from '../../src/serve/replay.ts';
import { serve } from '../../src/serve/serve.ts';
import { replayText, smoke } from '../../src/serve/smoke.ts';

const examples = join(import.meta.dirname, '../../examples');
const options = { host: '127.0.0.1', port: 0, logLevel: 'silent', drainDelayMs: 0 } as const;
const servers: Server[] = [];
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mdeploy-replay-'));
});

afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
  await rm(folder, { recursive: true });
});

describe('replaySamples', () => {
  it.each(['iris', 'diabetes', 'digits'])('finds every output of %s within its tolerance', async (name) => {
    const opened = await openModel(join(examples, name));
    const { ok, rows } = await smoke([opened], options);
    expect(rows.length).toBeGreaterThanOrEqual(opened.manifest.samples.length);
    expect(rows.map((row) => row.detail)).toEqual(rows.map(() => expect.stringContaining('max error')));
    expect(ok).toBe(true);
  });

  it('replays over /predict alone where TF Serving is not spoken', async () => {
    const opened = await openModel(join(examples, 'iris'));
    const serving = { ...opened.manifest.serving, protocols: ['plain'] };
    const { rows } = await smoke([{ ...opened, manifest: { ...opened.manifest, serving } }], options);
    expect(rows.map(({ output, ok }) => [output, ok])).toEqual([
      ['label', true],
      ['probabilities', true],
    ]);
  });

  it('names the sample and output that differ, and by how much', async () => {
    await cp(join(examples, 'iris'), folder, { recursive: true });
    await writeFile(join(folder, 'samples/0.out.json'), '{"label": [2], "probabilities": [[0.1, 0.8, 0.1]]}');
    const { ok, rows } = await smoke([await openModel(folder)], options);
    expect(ok).toBe(false);
    expect(rows.map((row) => [row.sample, row.output, row.ok])).toEqual([
      ['samples/0.in.json', 'label', false],
      ['samples/0.in.json', 'probabilities', false],
    ]);
    expect(replayText(rows)).toMatch(/^FAILED {2}samples\/0\.in\.json {2}label {10}.*expected/m);
  });

  it('makes a refusal of the server a failed row with its words', async () => {
    const opened = await openModel(join(examples, 'iris'));
    const rows = await replaySamples(await answering(400, '{"error": "no such thing"}'), opened);
    expect(rows.map(({ ok, detail }) => [ok, detail])).toEqual([
      [false, 'HTTP 400: {"error": "no such thing"}'],
      [false, 'HTTP 400: {"error": "no such thing"}'],
    ]);
  });

  it.each([
    ['{"outputs": {"other": 1}}', 'the output "other"'],
    ['{"predictions": [{"label": 1}]}', 'a row without "probabilities"'],
    ['{"predictions": [{"label": 1, "probabilities": [1]}, 2]}', 'rows that are not all objects'],
  ])('tells an answer of another model: %s', async (body, received) => {
    const opened = await openModel(join(examples, 'iris'));
    await expect(replaySamples(await answering(200, body), opened)).rejects.toMatchObject({
      code: 'REPLAY_FOREIGN',
      details: { received },
    });
  });

  it('says that nobody answers', async () => {
    const opened = await openModel(join(examples, 'iris'));
    const server = await serve(opened, options);
    await server.stop();
    await expect(replaySamples(server.url, opened)).rejects.toMatchObject({ code: 'REPLAY_UNANSWERED' });
  });
});

it('says that there was nothing to replay', () => {
  expect(replayText([])).toContain('no samples');
});

async function answering(status: number, body: string): Promise<string> {
  const server = createServer((_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
