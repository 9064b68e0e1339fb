import { execFile } from 'node:child_process';
import { openSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import { fixturePath, listCases, loadCase } from '../fixtures.ts';
import { parseExposition, seriesValue } from '../observability/exposition.ts';
import { modelFolder, picture, predict, Server } from './server.ts';

const iris = fixturePath('sklearn/iris_logreg/model.onnx');

describe('a bare .onnx file', () => {
  it('is served under its folder’s name, answers both protocols, and ends with 0', async () => {
    const server = new Server([iris, '--port', '0']);
    const url = await server.ready();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const plain = await predict(url, '[[5.1, 3.5, 1.4, 0.2]]');
    expect(await plain.json()).toMatchObject({ predictions: [{ label: 0 }] });
    const tfs = await fetch(`${url}/v1/models/iris_logreg:predict`, {
      method: 'POST',
      body: '{"instances": [[5.1, 3.5, 1.4, 0.2]]}',
    });
    expect(await tfs.json()).toMatchObject({ predictions: [{ label: 0 }] });
    expect(await (await fetch(`${url}/`)).json()).toMatchObject({
      server: 'mdeploy',
      models: [{ name: 'iris_logreg', version: '1' }],
    });
    const openapi = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: object };
    expect(Object.keys(openapi.paths)).toContain('/predict');
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(server.lines.map(({ msg }) => msg)).toEqual(['listening', 'ready', 'draining', 'stopped']);
    expect(server.stderr).toBe('');
  });

  it('ends with 0 on SIGINT, too', async () => {
    const server = new Server([iris, '--port', '0', '--drain-delay', '0']);
    await server.ready();
    expect(await server.stop('SIGINT')).toEqual({ code: 0, signal: null });
  });

  it('takes another name and says where it listens', async () => {
    const server = new Server([iris, '--port', '0', '--name', 'flowers', '--host', 'localhost']);
    const url = await server.ready();
    expect((await fetch(`${url}/v1/models/flowers`)).status).toBe(200);
    expect((await fetch(`${url}/v1/models/iris_logreg`)).status).toBe(404);
    await server.stop();
  });

  it('by the command line tool: the URL for people on stderr', async () => {
    const server = new Server(['serve', iris, '--port', '0'], { entry: 'src/cli/main.ts' });
    const url = await server.ready();
    await vi.waitFor(() => expect(server.stderr).toContain(`Serving iris_logreg at ${url}`));
    expect((await predict(url, '[[5.1, 3.5, 1.4, 0.2]]')).status).toBe(200);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('before it is ready', () => {
  it('it lives, says that it is starting, and infers nothing', async () => {
    const server = new Server([fixturePath('perf/resnet50/model.onnx'), '--port', '0']);
    const url = await server.listening();
    const [ready, live, asked] = await Promise.all([
      fetch(`${url}/readyz`),
      fetch(`${url}/healthz`),
      predict(url, picture),
    ]);
    expect([ready.status, live.status, asked.status]).toEqual([503, 200, 503]);
    expect(await ready.json()).toEqual({ status: 'starting' });
    expect(await asked.json()).toMatchObject({ error: { code: 'MODEL_NOT_READY' } });
    await server.ready();
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect((await predict(url, picture)).status).toBe(200);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  it('a signal is heard: it ends by itself', async () => {
    const server = new Server([fixturePath('perf/resnet50/model.onnx'), '--port', '0', '--drain-delay', '0']);
    await server.listening();
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('what cannot be served', () => {
  const fails = async (args: readonly string[]) => {
    const server = new Server(args);
    const begun = performance.now();
    const { code } = await server.ended;
    return { code, stderr: server.stderr, ms: performance.now() - begun };
  };

  it.each(
    listCases()
      .map(loadCase)
      .filter((each) => each.expect === 'error')
      .map((each) => each.name),
  )('%s: exit 1 with its own finding', async (name) => {
    const ended = await fails([loadCase(name).modelPath, '--port', '0']);
    expect(ended).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^error (MODEL|EXTERNAL)_\w+: .+\n {2}.+\n$/),
    });
  });

  it('a port in use: exit 3, at once, with the port', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as { port: number };
    const ended = await fails([iris, '--port', String(port)]);
    expect(ended).toMatchObject({
      code: 3,
      stderr: `error PORT_IN_USE: Port ${port} on 127.0.0.1 is already in use.\n  Stop what listens there, or choose another with --port.\n`,
    });
    expect(ended.ms).toBeLessThan(2000);
    await new Promise((resolve) => taken.close(resolve));
  });

  it.each([
    ['no such file', ['/nowhere/model.onnx'], 2, 'MODEL_PATH_MISSING'],
    ['a wrong port', [iris, '--port', 'http'], 2, 'USAGE'],
    ['a wrong flag', [iris, '--prot', '1'], 2, 'USAGE'],
    ['two models', [iris, iris], 2, 'USAGE'],
    ['a foreign address', [iris, '--host', '203.0.113.7', '--port', '0'], 3, 'ADDRESS_UNAVAILABLE'],
  ])('%s', async (_, args, code, finding) => {
    expect(await fails(args)).toMatchObject({ code, stderr: expect.stringContaining(`error ${finding}: `) });
  });

  it('an accelerator that is not there', async () => {
    const folder = await modelFolder('sklearn/iris_logreg', 'runtime: {accelerator: require}');
    expect(await fails([folder, '--port', '0'])).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('ACCELERATOR_UNAVAILABLE'),
    });
  });
});

describe('the log', () => {
  it('on a full disk costs lines, not the server', async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => probe.once('listening', resolve));
    const { port } = probe.address() as { port: number };
    await new Promise((resolve) => probe.close(resolve));
    const server = new Server([iris, '--port', String(port)], { stdout: openSync('/dev/full', 'w') });
    const url = `http://127.0.0.1:${port}`;
    await vi.waitFor(async () => expect((await fetch(`${url}/readyz`)).status).toBe(200), 20_000);
    const families = parseExposition(await (await fetch(`${url}/metrics`)).text());
    expect(seriesValue(families, 'mdeploy_log_failures_total')).toBeGreaterThan(0);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });
});

describe('curl', () => {
  const curl = async (...args: string[]) => (await promisify(execFile)('curl', ['-s', ...args])).stdout;

  it('reads why 100 MB were refused', async () => {
    const server = new Server([iris, '--port', '0']);
    const url = await server.ready();
    const file = join(await modelFolder('sklearn/iris_logreg'), 'large');
    await promisify(execFile)('truncate', ['-s', '100000000', file]);
    for (const extra of [[], ['-H', 'Expect:'], ['-H', 'Transfer-Encoding: chunked']]) {
      const answer = await curl(
        '-w',
        '\n%{http_code}',
        '--data-binary',
        `@${file}`,
        ...extra,
        `${url}/predict`,
      );
      const [body = '', status] = answer.trimEnd().split(/\n(?=\d+$)/);
      expect([status, JSON.parse(body).error.code], extra.join()).toEqual(['413', 'BODY_TOO_LARGE']);
    }
    await server.stop();
  });
});
