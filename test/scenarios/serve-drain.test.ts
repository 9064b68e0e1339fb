import { connect } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { fixturePath } from '../fixtures.ts';
import { parseExposition, seriesValue } from '../observability/exposition.ts';
import { modelFolder, picture, predict, Server } from './server.ts';

const iris = fixturePath('sklearn/iris_logreg/model.onnx');
const row = '[[5.1, 3.5, 1.4, 0.2]]';

describe('SIGTERM', () => {
  it('under load: readiness fails first, then every request in progress is answered, then exit 0', async () => {
    // On a busy machine seven runs take longer than the usual second in the queue.
    const folder = await modelFolder('perf/resnet50', 'serving: {queue: {timeout_ms: 30000}}');
    const server = new Server([folder, '--port', '0', '--drain-delay', '600']);
    const url = await server.ready();
    const running = Array.from({ length: 6 }, () => predict(url, picture));
    await busy(url);
    server.child.kill('SIGTERM');
    await server.logged('draining');
    const ready = await fetch(`${url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([503, { status: 'draining' }]);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    // Balancers need a moment to notice: until then newcomers are served.
    running.push(predict(url, picture));
    expect((await Promise.all(running)).map(({ status }) => status)).toEqual(new Array(7).fill(200));
    expect(await server.ended).toEqual({ code: 0, signal: null });
  });

  it.each([1, 2, 3])('loses nothing that was taken, round %d', async () => {
    const server = new Server([iris, '--port', '0', '--drain-delay', '100', '--log-level', 'debug']);
    const url = await server.ready();
    const outcomes = { answered: 0, refused: 0, other: [] as unknown[] };
    let isOver = false;
    const client = async () => {
      while (!isOver) {
        try {
          const reply = await predict(url, row);
          const body = (await reply.json()) as { predictions?: unknown };
          if (reply.status === 200 && body.predictions) outcomes.answered += 1;
          else outcomes.other.push(reply.status);
        } catch (error) {
          // A connection that the server had not accepted yet is refused or reset by the kernel.
          const { code } = ((error as Error).cause ?? {}) as { code?: string };
          if (code === 'ECONNREFUSED' || code === 'ECONNRESET') outcomes.refused += 1;
          else outcomes.other.push(error);
          return;
        }
      }
    };
    const clients = Array.from({ length: 8 }, client);
    await vi.waitFor(() => expect(outcomes.answered).toBeGreaterThan(50), 10_000);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    isOver = true;
    await Promise.all(clients);
    expect(outcomes.other).toEqual([]);
    expect(outcomes.refused).toBeGreaterThan(0);
    // Every request that reached the server was answered.
    expect(server.lines.filter(({ msg }) => msg === 'request')).toHaveLength(outcomes.answered);
  });

  it('is not held up by silent connections, half a header or half a body', async () => {
    const folder = await modelFolder('sklearn/iris_logreg', 'serving: {drain_timeout_ms: 5000}');
    const server = new Server([folder, '--port', '0', '--drain-delay', '0']);
    const url = await server.ready();
    const sockets = ['', 'GET / HTTP/1.1\r\nHo'].map((text) => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(text);
      return socket;
    });
    await fetch(`${url}/healthz`);
    const begun = performance.now();
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    expect(performance.now() - begun).toBeLessThan(2000);
    for (const socket of sockets) socket.destroy();
  });

  it('twice means now', async () => {
    const server = new Server([iris, '--port', '0', '--drain-delay', '60000']);
    await server.ready();
    server.child.kill('SIGTERM');
    await server.logged('draining');
    const begun = performance.now();
    expect(await server.stop()).toEqual({ code: 1, signal: null });
    expect(performance.now() - begun).toBeLessThan(1000);
  });

  it('what does not end within the grace is cut off, with a line in the log', async () => {
    const lines = 'runtime: {intra_op_threads: 1}\nserving: {drain_timeout_ms: 100}';
    const server = new Server([
      await modelFolder('perf/resnet50', lines),
      '--port',
      '0',
      '--drain-delay',
      '0',
    ]);
    const url = await server.ready();
    const asked = Promise.allSettled(Array.from({ length: 20 }, () => predict(url, picture)));
    await busy(url);
    expect(await server.stop()).toEqual({ code: null, signal: 'SIGKILL' });
    expect(server.lines.at(-1)).toMatchObject({ level: 'error', msg: cut, grace_ms: 100, in_runtime: true });
    await asked;
  });

  it('a client that never sends the rest of its body ends a drain with 1, not with a kill', async () => {
    const folder = await modelFolder('sklearn/iris_logreg', 'serving: {drain_timeout_ms: 300}');
    const server = new Server([folder, '--port', '0', '--drain-delay', '0', '--log-level', 'debug']);
    const url = await server.ready();
    const stuck = connect(Number(new URL(url).port), '127.0.0.1');
    stuck.on('error', () => undefined);
    stuck.write('POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n[');
    await fetch(`${url}/healthz`);
    expect(await server.stop()).toEqual({ code: 1, signal: null });
    expect(server.lines.at(-1)).toMatchObject({ level: 'error', msg: cut, grace_ms: 300, in_runtime: false });
    stuck.destroy();
  });
});

const cut = 'stopped while requests were still in progress: the grace was over';

/** Waits until a request is in the engine. */
async function busy(url: string): Promise<void> {
  await vi.waitFor(async () => {
    const families = parseExposition(await (await fetch(`${url}/metrics`)).text());
    expect(seriesValue(families, 'mdeploy_engine_running')).toBe(1);
  }, 10_000);
}
