import { type BenchOptions, bench, benchColdStart, flagsOf, urlsOf } from '../../bench/bench.ts';
import { benchHtml } from '../../bench/html.ts';
import { judge, verdictRows } from '../../bench/judge.ts';
import { type BenchReport, isSound } from '../../bench/report.ts';
import { startServer } from '../../bench/server-process.ts';
import { benchText, columns } from '../../bench/text.ts';
import { wires } from '../../bench/wires.ts';
import { writeFileAtomic } from '../../core/files.ts';
import { type BenchFlags, type BenchPlan, planBench } from '../bench-plan.ts';
import { type TuneFlags, tuneCommand } from '../bench-tune.ts';
import type { CliCommand } from '../command.ts';

export const command: CliCommand = {
  summary: 'make load on a server or a model and show its latencies',
  configure: (program) => {
    program
      .argument('[model]', 'serve this model for the time of the load; with --url: only its sample is taken')
      .option('--url <url>', 'load the server at this address')
      .option('--model <name>', "ask for the model by this name (default: MODEL's, or the server's only one)")
      .option('-i, --input <input>', 'what to ask, as predict takes it (default: the first sample)')
      .option('--format <name>', 'read the input as json, npy, npz, csv or image, whatever its name')
      .option('--protocol <name>', `one of ${wires.names.join(', ')}`, 'plain')
      .option('--connections <n,…>', 'one window for each number (default: 1,32; with --rate: 64)')
      .option('--streams <n>', 'calls at a time on each connection of gRPC (default: 1)')
      .option('--rate <n,…>', 'requests a second that are due whatever becomes of those before')
      .option('--duration <time>', 'length of each window (default: 10s; with --tune: 2s)')
      .option(
        '--warmup <time>',
        'load before each window that is not counted (default: 2s; with --tune: 500ms)',
      )
      .option('--timeout <time>', 'time for one answer', '10s')
      .option('--cold-start <n>', 'no load: start MODEL so many times, until it is ready and has answered')
      .option('--tune', 'try threads, batches and processes on this machine, and tell which are best')
      .option('--p99 <time>', 'with --tune: the limit that settings must hold')
      .option('--write', 'with --tune: write the best settings into model.yaml')
      .option('--gate <gates>', 'limits, exit 1 beyond them: p99<+10%,rps>-5% or p99<20ms')
      .option('--baseline <file>', 'what changes in gates are relative to: a report made with --json')
      .option('--html <file>', 'write the report as one page with charts')
      .option('--allow-remote', 'the server may be another machine: only ever one of yours')
      .addHelpText('after', examples);
  },
  run: async ([target], options, output) => {
    if (options.tune === true) return tuneCommand(target, options as unknown as TuneFlags, output);
    const plan = await planBench(target, options as unknown as BenchFlags, output);
    const { gates, baseline } = plan;
    const { html } = options as { html?: string };
    const report = await output.step(`Loading ${plan.target}`, (progress) => measure({ ...plan, progress }));
    const { cpu, cores } = report.machine;
    if (baseline && (baseline.machine.cpu !== cpu || baseline.machine.cores !== cores))
      output.warn(`The baseline is of another machine: ${baseline.machine.cores} × ${baseline.machine.cpu}.`);
    const verdicts = judge(report, gates, baseline);
    const rows = gates.length > 0 ? verdictRows(verdicts, gates) : [];
    if (html !== undefined) await writeFileAtomic(html, benchHtml(report, rows));
    const table = rows.length > 0 ? ['', ...columns(rows)] : [];
    output.result(
      { ...report, ...(gates.length > 0 && { gates: verdicts }) },
      [benchText(report), ...table].join('\n'),
    );
    return report.runs.every(isSound) && verdicts.every(({ ok }) => ok) ? 0 : 1;
  },
};

async function measure(
  plan: BenchPlan & { readonly progress: BenchOptions['progress'] },
): Promise<BenchReport> {
  const { url, target, coldStarts } = plan;
  if (coldStarts !== undefined) return benchColdStart(plan, coldStarts);
  if (url) return bench({ ...plan, url });
  const running = await startServer(target, 120_000, flagsOf(plan.wire));
  try {
    return await bench({ ...plan, ...urlsOf(running), engine: running.engine });
  } finally {
    await running.stop();
  }
}

const examples = `
Examples:
  mdeploy bench ./iris
  mdeploy bench ./digits --protocol v2-binary --connections 1,8,32 --duration 5s
  mdeploy bench ./iris --rate 500 --json > baseline.json
  mdeploy bench ./iris --rate 500 --baseline baseline.json --gate 'p99<+10%,cpu<+5%'
  mdeploy bench ./iris --connections 1,2,4,8,16,32 --html report.html
  mdeploy bench ./iris --cold-start 5
  mdeploy bench ./iris --tune --p99 20ms --write
  mdeploy bench --url http://127.0.0.1:8501 --input '[[5.1, 3.5, 1.4, 0.2]]'`;
