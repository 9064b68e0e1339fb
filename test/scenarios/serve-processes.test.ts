import { execFileSync } from 'node:child_process';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { fixturePath } from '../fixtures.ts';
import { parseExposition, seriesValue } from '../observability/exposition.ts';
import { modelFolder, picture, predict, Server } from './server.ts';

const iris = fixturePath('sklearn/iris_logreg/model.onnx');
const row = '[[5.1, 3.5, 1.4, 0.2]]';

describe('several processes', () => {
  it('share one port, and speak for the whole server', async () => {
    const server = new Server([iris, '--port', '0', '--processes', '2']);
    const { url, processes } = (await server.logged('ready')) as { url: string; processes: number };
    expect(processes).toBe(2);
    expect(childrenOf(server)).toHaveLength(2);
    // A connection is one process's; each of these is a new one.
    for (let index = 0; index < 12; index++) expect((await once(url)).status).toBe(200);
    const counts = await Promise.all(Array.from({ length: 4 }, () => counted(url)));
    expect(counts).toEqual([12, 12, 12, 12]);
    const busy = server.lines.find(({ msg }) => msg === 'listening');
    expect(busy).toMatchObject({ processes: 2, why: expect.stringContaining('in all') });
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  it('one that dies is replaced, the others go on, and no counter goes back', async () => {
    const server = new Server([iris, '--port', '0', '--processes', '2']);
    const url = await server.ready();
    for (let index = 0; index < 6; index++) await once(url);
    expect(await counted(url)).toBe(6);
    const [victim] = childrenOf(server);
    process.kill(victim!, 'SIGKILL');
    for (let index = 0; index < 6; index++) expect((await once(url)).status).toBe(200);
    const died = await server.logged('Process 1 of the server ended: SIGKILL.');
    expect(died).toMatchObject({ level: 'error', code: 'PROCESS_DIED', process: 1, pid: victim });
    await vi.waitFor(() => expect(childrenOf(server)).toHaveLength(2), 20_000);
    await vi.waitFor(async () => expect(await counted(url)).toBe(12), 20_000);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  it('connections wait for a process when all are gone', async () => {
    const server = new Server([iris, '--port', '0', '--processes', '2']);
    const url = await server.ready();
    for (const pid of childrenOf(server)) process.kill(pid, 'SIGKILL');
    const replies = await Promise.all(Array.from({ length: 5 }, () => once(url)));
    expect(replies.map(({ status }) => status)).toEqual(new Array(5).fill(200));
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  it('finish what is in progress on SIGTERM', async () => {
    const resnet = fixturePath('perf/resnet50/model.onnx');
    const server = new Server([resnet, '--port', '0', '--processes', '2', '--drain-delay', '300']);
    const url = await server.ready();
    const running = Array.from({ length: 4 }, () => predict(url, picture));
    await vi.waitFor(async () => expect(await inEngine(url)).toBeGreaterThan(0), 20_000);
    server.child.kill('SIGTERM');
    await server.logged('draining');
    expect((await Promise.all(running)).map(({ status }) => status)).toEqual(new Array(4).fill(200));
    expect(await server.ended).toEqual({ code: 0, signal: null });
    await expect(fetch(url)).rejects.toThrow();
  });

  it('make a change together; a replacement serves what the others do', async () => {
    const folder = await modelFolder('sklearn/iris_logreg');
    const args = [folder, '--port', '0', '--processes', '2', '--allow-repository-changes'];
    const server = new Server(args);
    const url = await server.ready();
    const states = async () => {
      const replies = Array.from({ length: 6 }, () => post(`${url}/v2/repository/index`));
      const rows = await Promise.all(
        replies.map(async (reply) => (await (await reply).json()) as { state: string }[]),
      );
      return new Set(rows.map(([row]) => row?.state));
    };
    expect((await post(`${url}/v2/repository/models/model/unload`)).status).toBe(200);
    expect(await states()).toEqual(new Set(['UNAVAILABLE']));
    const [victim] = childrenOf(server);
    process.kill(victim!, 'SIGKILL');
    await vi.waitFor(
      () => expect(server.lines.filter(({ msg }) => msg === 'process ready')).toHaveLength(3),
      20_000,
    );
    expect(await states()).toEqual(new Set(['UNAVAILABLE']));
    expect((await post(`${url}/v2/repository/models/model/load`)).status).toBe(200);
    expect(await states()).toEqual(new Set(['READY']));
    for (let index = 0; index < 4; index++) expect((await once(url)).status).toBe(200);
    const { model_stats: stats } = (await (await fetch(`${url}/v2/models/stats`)).json()) as {
      model_stats: { inference_count: number }[];
    };
    expect(stats[0]?.inference_count).toBe(4);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  it('a replacement serves the versions of the start, whatever lies in the folder by then', async () => {
    const folder = await modelFolder('sklearn/iris_logreg');
    const version = join(folder, 'iris/1');
    await mkdir(version, { recursive: true });
    await rename(join(folder, 'model.onnx'), join(version, 'model.onnx'));
    await rm(join(folder, 'model.yaml'));
    const server = new Server([folder, '--port', '0', '--processes', '2']);
    const url = await server.ready();
    await cp(version, join(folder, 'iris/2'), { recursive: true });
    process.kill(childrenOf(server)[0]!, 'SIGKILL');
    await vi.waitFor(
      () => expect(server.lines.filter(({ msg }) => msg === 'process ready')).toHaveLength(3),
      20_000,
    );
    const indexes = Array.from({ length: 6 }, () => post(`${url}/v2/repository/index`));
    for (const index of await Promise.all(indexes))
      expect(await index.json()).toMatchObject([{ name: 'iris', version: '1', state: 'READY' }]);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  it('end when their supervisor does', async () => {
    const server = new Server([iris, '--port', '0', '--processes', '2']);
    await server.ready();
    const children = childrenOf(server);
    await server.stop('SIGKILL');
    await vi.waitFor(() => expect(children.filter(isAlive)).toEqual([]), 20_000);
  });

  it('a client that ends its side behind the request gets its answer', async () => {
    const server = new Server([iris, '--port', '0', '--processes', '2']);
    const url = new URL(await server.ready());
    const reply = await new Promise<string>((resolve) => {
      let text = '';
      const socket = connect(Number(url.port), url.hostname);
      socket.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      socket.on('close', () => resolve(text));
      socket.end(
        `POST /predict HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: ${row.length}\r\n\r\n${row}`,
      );
    });
    expect(reply).toMatch(/^HTTP\/1.1 200 /);
  });

  it('that cannot load their model end the start with its own error', async () => {
    const folder = await modelFolder('sklearn/iris_logreg', 'runtime: {accelerator: require}');
    const server = new Server([folder, '--port', '0', '--processes', '2']);
    expect(await server.ended).toEqual({ code: 3, signal: null });
    expect(server.stderr).toContain('error ACCELERATOR_UNAVAILABLE');
  });

  it('end, too, when a thread has loaded the model that cannot be served', async () => {
    const lines = 'serving: {batching: {max_batch_size: 4}}';
    const folder = await modelFolder('perf/resnet50', lines);
    for (const processes of ['1', '2']) {
      const server = new Server([folder, '--port', '0', '--processes', processes]);
      expect(await server.ended).toEqual({ code: 1, signal: null });
      expect(server.stderr).toContain('error BATCHING_UNFIT');
    }
  });

  it('do not start on a port that is taken', async () => {
    const first = new Server([iris, '--port', '0', '--processes', '2']);
    const { port } = new URL(await first.ready());
    const second = new Server([iris, '--port', port, '--processes', '2']);
    expect((await second.ended).code).not.toBe(0);
    expect(second.stderr).toContain('error PORT_IN_USE');
  });
});

function childrenOf(server: Server): number[] {
  const out = execFileSync('ps', ['-o', 'pid=', '--ppid', String(server.child.pid)]).toString();
  return out.trim().split(/\s+/).filter(Boolean).map(Number);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function once(url: string): Promise<Response> {
  return predict(url, row, { headers: { connection: 'close' } });
}

function post(url: string): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { connection: 'close' } });
}

async function counted(url: string): Promise<number> {
  return seriesValue(await scraped(url), 'mdeploy_requests_total', { code: '200' }) ?? 0;
}

async function inEngine(url: string): Promise<number> {
  return seriesValue(await scraped(url), 'mdeploy_engine_running') ?? 0;
}

async function scraped(url: string) {
  const text = await (await fetch(`${url}/metrics`, { headers: { connection: 'close' } })).text();
  return parseExposition(text);
}
