import { execFile, execFileSync } from 'node:child_process';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { ensureBaseImage } from '../../test/provision/base-image.ts';
import { ensureDocker } from '../../test/provision/docker.ts';
import { median, type Options, table } from '../report.ts';

const run = promisify(execFile);

/** Size of the iris image, and `docker run` to the first prediction beside `docker run` of `node -e 1`. */
export async function image({ root, repeats }: Options): Promise<string> {
  const { socketPath } = await ensureDocker();
  const base = await ensureBaseImage(socketPath);
  const tag = 'mdeploy-bench/iris:1';
  const mdeploy = join(root, 'bin/mdeploy.js');
  await run(process.execPath, [
    mdeploy,
    'build-image',
    join(root, 'examples/iris'),
    '--base',
    base,
    '--tag',
    tag,
  ]);
  const size = Number((await run('docker', ['image', 'inspect', '-f', '{{.Size}}', tag])).stdout);
  const packed = Number(execFileSync('sh', ['-c', `docker save ${tag} | gzip -6 | wc -c`]).toString());
  const bare: number[] = [];
  const first: number[] = [];
  for (let turn = 0; turn < Math.max(5, repeats); turn++) {
    bare.push(await timed(() => run('docker', ['run', '--rm', '--entrypoint', 'node', tag, '-e', '1'])));
    first.push(await firstAnswer(tag));
  }
  return `### Image (iris, base: Node 26 and its libraries, no shell; medians of ${bare.length})\n\n${table(
    ['what', 'value'],
    [
      ['image, uncompressed', `${(size / 1e6).toFixed(1)} MB`],
      ['image, docker save and gzip', `${(packed / 1e6).toFixed(1)} MB`],
      ['`docker run` of `node -e 1`, to its end', `${median(bare).toFixed(0)} ms`],
      ['`docker run` of the image to the first prediction', `${median(first).toFixed(0)} ms`],
      ['difference', `${(median(first) - median(bare)).toFixed(0)} ms`],
    ],
  )}`;
}

async function firstAnswer(tag: string): Promise<number> {
  const port = 18_700 + Math.floor(Math.random() * 1000);
  const begun = performance.now();
  const { stdout } = await run('docker', ['run', '-d', '--rm', '-p', `127.0.0.1:${port}:8501`, tag]);
  await predicted(`http://127.0.0.1:${port}/predict`);
  const ms = performance.now() - begun;
  await run('docker', ['rm', '-f', stdout.trim()]);
  return ms;
}

// Not before the engine says that the container runs: a packet to an address that nobody has yet makes the kernel
// wait a second before it asks for that address again.
async function predicted(url: string): Promise<void> {
  for (let attempt = 0; attempt < 3000; attempt++) {
    if (await isAnswered(url)) return;
    await pause(5);
  }
  throw new Error(`${url} gave no prediction`);
}

function isAnswered(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const call = request(url, { method: 'POST', agent: false }, (answer) => {
      answer.resume().once('end', () => resolve(answer.statusCode === 200));
    });
    call.once('error', () => resolve(false));
    call.end('[5.1, 3.5, 1.4, 0.2]');
  });
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}
