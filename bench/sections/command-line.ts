import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median, type Options, table } from '../report.ts';
import { start } from '../server.ts';

/** `mdeploy --help`, `serve` from start to ready with its memory after one prediction, and a package's first answer. */
export async function commandLine({ root, repeats }: Options): Promise<string> {
  const mdeploy = [process.execPath, join(root, 'bin', 'mdeploy.js')] as const;
  const help: number[] = [];
  const bare: number[] = [];
  const ready: number[] = [];
  const rss: number[] = [];
  const pss: number[] = [];
  const first: number[] = [];
  const naive: number[] = [];
  const packed = mkdtempSync(join(tmpdir(), 'mdeploy-bench-'));
  const out = join(packed, 'iris');
  execFileSync(mdeploy[0], [mdeploy[1], 'package', join(root, 'examples/iris'), '-o', out], {
    stdio: 'ignore',
  });
  const byHand = [process.execPath, join(root, 'bench/peers/naive.mjs')];
  const env = { PORT: '{port}', MODEL_PATH: join(root, 'examples/iris/model.onnx') };
  for (let run = 0; run < Math.max(9, repeats); run++) {
    bare.push(time(() => execFileSync(process.execPath, ['-e', '1'])));
    help.push(time(() => execFileSync(mdeploy[0], [mdeploy[1], '--help'])));
    const server = await start([...mdeploy, 'serve', join(root, 'examples/iris'), '--port', '{port}'], {
      env: {},
      ready: '/readyz',
    });
    ready.push(server.startMs);
    const answer = await fetch(`${server.url}/predict`, { method: 'POST', body: '[5.1, 3.5, 1.4, 0.2]' });
    if (!answer.ok) throw new Error(await answer.text());
    rss.push(server.rss() / 1e6);
    await server.stop();
    first.push(await firstAnswer([process.execPath, join(out, 'server.mjs'), '--port', '{port}'], {}, pss));
    naive.push(await firstAnswer(byHand, env));
  }
  rmSync(packed, { recursive: true });
  return `### Command line and start-up (iris, medians of ${help.length})\n\n${table(
    ['what', 'value'],
    [
      ['`node -e 1`', `${median(bare).toFixed(0)} ms`],
      ['`mdeploy --help`', `${median(help).toFixed(0)} ms`],
      ['`mdeploy serve` to ready', `${median(ready).toFixed(0)} ms`],
      ['`node server.mjs` of a package to the first prediction', `${median(first).toFixed(0)} ms`],
      ['the same of a naive Node server', `${median(naive).toFixed(0)} ms`],
      ['PSS of the package after the first prediction', `${median(pss).toFixed(0)} MB`],
      ['RSS after the first prediction', `${median(rss).toFixed(0)} MB`],
    ],
  )}`;
}

async function firstAnswer(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  pss: number[] = [],
): Promise<number> {
  const server = await start(command, { env, ready: '/predict', body: '{"instances":[[5.1,3.5,1.4,0.2]]}' });
  pss.push(server.pss() / 1e6);
  await server.stop();
  return server.startMs;
}

function time(work: () => unknown): number {
  const begun = performance.now();
  work();
  return performance.now() - begun;
}
