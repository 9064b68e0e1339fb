import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { median, type Options, table } from '../report.ts';
import { start } from '../server.ts';

/** `mdeploy --help`, and `serve` from start to ready with its memory after one prediction. */
export async function commandLine({ root, repeats }: Options): Promise<string> {
  const mdeploy = [process.execPath, join(root, 'bin', 'mdeploy.js')] as const;
  const help: number[] = [];
  const bare: number[] = [];
  const ready: number[] = [];
  const rss: number[] = [];
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
  }
  return `### Command line and start-up (iris, medians of ${help.length})\n\n${table(
    ['what', 'value'],
    [
      ['`node -e 1`', `${median(bare).toFixed(0)} ms`],
      ['`mdeploy --help`', `${median(help).toFixed(0)} ms`],
      ['`mdeploy serve` to ready', `${median(ready).toFixed(0)} ms`],
      ['RSS after the first prediction', `${median(rss).toFixed(0)} MB`],
    ],
  )}`;
}

function time(work: () => unknown): number {
  const begun = performance.now();
  work();
  return performance.now() - begun;
}
