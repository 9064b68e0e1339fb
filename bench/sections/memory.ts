import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { load } from '../load.ts';
import { type Options, table } from '../report.ts';
import { start } from '../server.ts';

/** What images set, so that glibc gives the memory of unloaded models back. */
const allocator = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '65536',
  MALLOC_MMAP_THRESHOLD_: '65536',
};

/** Memory after many loads, many requests and with many models. */
export async function memory(options: Options): Promise<string> {
  const rows = [...(await cycles(options)), ...(await requests(options)), ...(await manyModels(options))];
  return `### Memory and growth\n\n${table(['what', 'value'], rows)}`;
}

async function cycles({ root }: Options): Promise<string[][]> {
  const model = join(root, 'test/fixtures/perf/squeezenet/model.onnx');
  const rows: string[][] = [];
  for (const [name, env] of [
    ["glibc's defaults", {}],
    ['the settings of images', allocator],
  ] as const) {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--expose-gc', join(root, 'bench/cycles.ts'), model],
      { env: { ...process.env, ...env } },
    );
    const [first, last, ms] = stdout.trim().split(' ').map(Number) as [number, number, number];
    rows.push([
      `squeezenet loaded, run and released, RSS after 100 and after 1,000 times (${name})`,
      `${first.toFixed(0)} MB, ${last.toFixed(0)} MB; ${ms.toFixed(1)} ms each`,
    ]);
  }
  return rows;
}

async function requests({ root }: Options): Promise<string[][]> {
  const server = await serve(root, join(root, 'examples/iris'));
  try {
    const body = '[5.1, 3.5, 1.4, 0.2]';
    const after: number[] = [];
    let answered = 0;
    while (answered < 1_000_000) {
      const { requestsPerSecond } = await load(`${server.url}/predict`, body, {
        connections: 32,
        seconds: 10,
      });
      answered += requestsPerSecond * 10;
      after.push(server.rss() / 1e6);
    }
    const [first = 0] = after;
    return [
      [
        `iris, RSS after ${million(answered / after.length)} and after ${million(answered)} requests`,
        `${first.toFixed(0)} MB, ${after.at(-1)!.toFixed(0)} MB`,
      ],
    ];
  } finally {
    await server.stop();
  }
}

async function manyModels({ root }: Options): Promise<string[][]> {
  const rows: string[][] = [];
  let one = 0;
  for (const count of [1, 200]) {
    const folder = mkdtempSync(join(tmpdir(), 'mdeploy-bench-'));
    try {
      for (let index = 0; index < count; index++)
        cpSync(
          join(root, 'test/fixtures/sklearn/iris_logreg/model.onnx'),
          join(folder, `m${index}`, 'model.onnx'),
        );
      const server = await serve(root, folder);
      try {
        const url = `${server.url}/v1/models/m0:predict`;
        const { p50 } = await load(url, '{"instances":[[5.1,3.5,1.4,0.2]]}', { connections: 1, seconds: 4 });
        const mb = server.rss() / 1e6;
        if (count === 1) one = mb;
        const each = count === 1 ? '' : `, ${((mb - one) / (count - 1)).toFixed(2)} MB for each further one`;
        rows.push([
          `${count} × iris loaded: RSS, p50 at one connection`,
          `${mb.toFixed(0)} MB${each}, ${p50.toFixed(3)} ms`,
        ]);
      } finally {
        await server.stop();
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
  return rows;
}

function serve(root: string, model: string) {
  const command = [process.execPath, join(root, 'bin/mdeploy.js'), 'serve', model];
  return start([...command, '--port', '{port}', '--log-level', 'warn'], { env: allocator, ready: '/readyz' });
}

function million(count: number): string {
  return `${(count / 1e6).toFixed(1)} million`;
}
