import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from '../load.ts';
import { median, type Options, table } from '../report.ts';
import { type Started, start } from '../server.ts';

interface Case {
  readonly name: string;
  /** Folder under test/fixtures with model.onnx and golden.json. */
  readonly fixture: string;
  readonly rows: number;
}

const cases: readonly Case[] = [
  { name: 'iris, 1 row', fixture: 'sklearn/iris_logreg', rows: 1 },
  { name: 'digits CNN, 1 row', fixture: 'torch/digits_cnn', rows: 1 },
];

interface Cell {
  readonly rps: number[];
  readonly p50: number[];
  readonly p99: number[];
  readonly cpu: number[];
}

/** Requests a second and percentiles against servers written by hand, one server at a time, in turn. */
export async function http({ root, seconds, repeats }: Options): Promise<string> {
  const parts: string[] = [];
  for (const current of cases) {
    const folder = join(root, 'test/fixtures', current.fixture);
    const body = bodyOf(folder, current.rows);
    const cells = new Map<string, Cell>();
    for (let repeat = 0; repeat < repeats; repeat++) {
      for (const [name, open] of Object.entries(servers(root, join(folder, 'model.onnx')))) {
        const server = await open();
        try {
          await prove(server, body, name);
          for (const connections of [1, 32]) {
            await load(`${server.url}/predict`, body, { connections, seconds: 2 });
            const before = server.cpuMs();
            const result = await load(`${server.url}/predict`, body, { connections, seconds });
            if (result.errors > 0) throw new Error(`${name}: ${result.errors} errors`);
            const cell = cellOf(cells, `${name} ${connections}`);
            cell.rps.push(result.requestsPerSecond);
            cell.p50.push(result.p50);
            cell.p99.push(result.p99);
            cell.cpu.push(((server.cpuMs() - before) / (result.requestsPerSecond * seconds)) * 1000);
          }
        } finally {
          await server.stop();
        }
      }
    }
    parts.push(
      `### ${current.name}, JSON (medians of ${repeats}, windows of ${seconds} s)\n\n${show(cells)}`,
    );
  }
  return parts.join('\n\n');
}

function servers(root: string, model: string): Readonly<Record<string, () => Promise<Started>>> {
  const naive = [process.execPath, join(root, 'bench/peers/naive.mjs')];
  const mdeploy = [process.execPath, join(root, 'bin/mdeploy.js'), 'serve', model, '--port', '{port}'];
  const batching = [
    process.execPath,
    join(root, 'bin/mdeploy.js'),
    'serve',
    batchingFolder(model),
    '--port',
    '{port}',
  ];
  const processes = [...mdeploy, '--processes', '2'];
  const batchingProcesses = [...batching, '--processes', '2'];
  const env = { PORT: '{port}', MODEL_PATH: model };
  return {
    mdeploy: () => start([...mdeploy, '--log-level', 'warn'], { env: {}, ready: '/readyz' }),
    'mdeploy, batching': () => start([...batching, '--log-level', 'warn'], { env: {}, ready: '/readyz' }),
    'mdeploy, 2 processes': () => start([...processes, '--log-level', 'warn'], { env: {}, ready: '/readyz' }),
    'mdeploy, batching, 2 processes': () =>
      start([...batchingProcesses, '--log-level', 'warn'], { env: {}, ready: '/readyz' }),
    echo: () => start([process.execPath, join(root, 'bench/peers/echo.mjs')], { env, ready: '/' }),
    'naive Node': () => start(naive, { env, ready: '/' }),
    'naive Node, 2 processes': () => start(naive, { env: { ...env, WORKERS: '2' }, ready: '/' }),
  };
}

/** The same model with batching on, in a folder of its own. */
function batchingFolder(model: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'mdeploy-bench-'));
  copyFileSync(model, join(folder, 'model.onnx'));
  writeFileSync(
    join(folder, 'model.yaml'),
    'name: model\nmodel: {path: model.onnx}\nserving: {batching: {max_batch_size: 32}}\n',
  );
  return folder;
}

function bodyOf(folder: string, rows: number): string {
  const golden = JSON.parse(readFileSync(join(folder, 'golden.json'), 'utf8')) as {
    inputs: Record<string, { shape: number[]; data: number[] }>;
  };
  const [input] = Object.values(golden.inputs);
  const [, ...rest] = input!.shape;
  const width = rest.reduce((product, dim) => product * dim, 1);
  return JSON.stringify({ instances: nest(input!.data.slice(0, rows * width), [rows, ...rest]) });
}

function nest(flat: readonly number[], [length = 1, ...rest]: readonly number[]): unknown[] {
  if (rest.length === 0) return [...flat];
  const width = flat.length / length;
  return Array.from({ length }, (_, index) => nest(flat.slice(index * width, (index + 1) * width), rest));
}

async function prove(server: Started, body: string, name: string): Promise<void> {
  const answer = await fetch(`${server.url}/predict`, { method: 'POST', body });
  if (!answer.ok) throw new Error(`${name} answers ${answer.status}: ${await answer.text()}`);
}

function cellOf(cells: Map<string, Cell>, key: string): Cell {
  const cell = cells.get(key) ?? { rps: [], p50: [], p99: [], cpu: [] };
  cells.set(key, cell);
  return cell;
}

function show(cells: ReadonlyMap<string, Cell>): string {
  const rows = [...cells].map(([key, { rps, p50, p99, cpu }]) => {
    const at = key.lastIndexOf(' ');
    return [
      key.slice(0, at),
      key.slice(at + 1),
      median(rps).toFixed(0),
      `${median(p50).toFixed(3)} ms`,
      `${median(p99).toFixed(3)} ms`,
      `${median(cpu).toFixed(0)} µs`,
    ];
  });
  rows.sort((a, b) => Number(a[1]) - Number(b[1]));
  return table(['server', 'connections', 'requests/s', 'p50', 'p99', 'server CPU a request'], rows);
}
