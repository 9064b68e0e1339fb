import { parseCounts, parseDuration, parseUrl } from '../../bench/arguments.ts';
import { type BenchOptions, bench } from '../../bench/bench.ts';
import { clientSignature, type Feed, modelFeed } from '../../bench/feed.ts';
import { proveLoopback } from '../../bench/loopback.ts';
import { isSound } from '../../bench/report.ts';
import { startServer } from '../../bench/server-process.ts';
import { benchText } from '../../bench/text.ts';
import { wires } from '../../bench/wires.ts';
import { failure } from '../../core/errors/error.ts';
import type { TensorSpec } from '../../core/tensor.ts';
import { toJson } from '../../predict/body.ts';
import { readInput } from '../../predict/predict.ts';
import { server } from '../../predict/server.ts';
import { openModel } from '../../repository/open-model.ts';
import type { OpenedModel } from '../../repository/opened-model.ts';
import type { CliCommand } from '../command.ts';
import type { Output } from '../output.ts';

interface Flags {
  readonly url?: string;
  readonly model?: string;
  readonly input?: string;
  readonly format?: string;
  readonly protocol: string;
  readonly connections?: string;
  readonly rate?: string;
  readonly duration: string;
  readonly warmup: string;
  readonly timeout: string;
  readonly allowRemote?: boolean;
}

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
      .option('--rate <n,…>', 'requests a second that are due whatever becomes of those before')
      .option('--duration <time>', 'length of each window', '10s')
      .option('--warmup <time>', 'load before each window that is not counted', '2s')
      .option('--timeout <time>', 'time for one answer', '10s')
      .option('--allow-remote', 'the server may be another machine: only ever one of yours')
      .addHelpText('after', examples);
  },
  run: async ([target], options, output) => {
    const flags = options as unknown as Flags;
    const plan = await planOf(target, flags, output);
    const report = await output.step(`Loading ${plan.target}`, (progress) =>
      withServer(plan, (place) => bench({ ...plan, ...place, progress })),
    );
    output.result({ ...report }, benchText(report));
    return report.runs.every(isSound) ? 0 : 1;
  },
};

type Plan = Omit<BenchOptions, 'url' | 'progress'> & { readonly url: URL | undefined };

async function planOf(target: string | undefined, flags: Flags, output: Output): Promise<Plan> {
  const url = flags.url === undefined ? undefined : parseUrl(flags.url);
  if (!url && target === undefined) throw usage('Nothing to load: give a MODEL, or the --url of a server.');
  if (!url && flags.model !== undefined) throw usage('--model names a model of the server at --url.');
  if (!wires.has(flags.protocol))
    throw usage(`--protocol takes one of ${wires.names.join(', ')}, not "${flags.protocol}".`);
  const settings = {
    protocol: flags.protocol,
    shapes: shapesOf(flags),
    durationMs: parseDuration(flags.duration, '--duration'),
    warmupMs: parseDuration(flags.warmup, '--warmup', 0),
    timeoutMs: parseDuration(flags.timeout, '--timeout'),
  };
  if (url && !flags.allowRemote) await proveLoopback(url);
  const opened = target === undefined ? undefined : await openModel(target);
  for (const warning of opened?.warnings ?? []) output.warn(warning);
  const model = flags.model ?? (flags.protocol === 'plain' ? undefined : opened?.manifest.name);
  return {
    ...settings,
    url,
    target: target ?? url!.href,
    wire: await wires.load(flags.protocol),
    ...(model !== undefined && { model }),
    ...(await feedOf(flags, opened, output)),
  };
}

function shapesOf({ rate, connections }: Flags): BenchOptions['shapes'] {
  const counts = parseCounts(connections ?? (rate === undefined ? '1,32' : '64'), '--connections', 10_000);
  if (rate === undefined) return counts.map((count) => ({ connections: count }));
  const rates = parseCounts(rate, '--rate', 1_000_000);
  return counts.flatMap((count) => rates.map((each) => ({ connections: count, rate: each })));
}

async function feedOf(
  flags: Flags,
  opened: OpenedModel | undefined,
  output: Output,
): Promise<Pick<BenchOptions, 'feed' | 'expectation'>> {
  if (flags.input !== undefined) return { feed: await inputFeed(flags.input, flags, opened) };
  if (!opened) throw usage('Nothing to ask: give --input, or a MODEL whose sample is taken.');
  const { feed, expectation, source } = await modelFeed(opened);
  if (source === 'zeros')
    output.warn('The model has no samples: it is asked zeros, and any answer is right.');
  return { feed, ...(expectation && { expectation }) };
}

// A document goes as it is, except that TF Serving takes no bare list; tensors are written as the dialect has them.
async function inputFeed(input: string, flags: Flags, opened: OpenedModel | undefined): Promise<Feed> {
  const { format, url, model, protocol } = flags;
  const read = await readInput({ input, ...(format !== undefined && { format }) }, process.stdin);
  const specs = async (): Promise<readonly TensorSpec[]> => {
    if (opened) return (await clientSignature(opened)).inputs;
    return server({ url: url!, timeoutMs: 10_000, ...(model !== undefined && { model }) }).inputs();
  };
  if (read.kind === 'document') {
    const isBare = protocol === 'tfs' && /^\s*\[/.test(read.text);
    return { kind: 'document', text: isBare ? `{"instances": ${read.text}}` : read.text };
  }
  if (read.kind !== 'tensors') {
    if (!protocol.startsWith('v2')) return { kind: 'document', text: await toJson(read, specs) };
    throw usage(`Over ${protocol} the input must be tensors (.npy, .npz) or a v2 document.`);
  }
  const nameless = read.tensors.length === 1 && read.tensors[0]!.name === '';
  if (!nameless) return { kind: 'tensors', tensors: read.tensors };
  const [only, ...more] = await specs();
  if (!only || more.length > 0)
    throw usage('The array has no name, and the model has not one input: use .npz.');
  return { kind: 'tensors', tensors: [{ ...read.tensors[0]!, name: only.name }] };
}

async function withServer<T>(
  { url, target }: Plan,
  work: (place: { readonly url: URL; readonly engine?: string }) => Promise<T>,
): Promise<T> {
  if (url) return work({ url });
  const running = await startServer(target, 120_000);
  try {
    return await work({ url: running.url, engine: running.engine });
  } finally {
    await running.stop();
  }
}

function usage(problem: string) {
  return failure('USAGE', { problem, verb: 'bench' });
}

const examples = `
Examples:
  mdeploy bench ./iris
  mdeploy bench ./digits --protocol v2-binary --connections 1,8,32 --duration 5s
  mdeploy bench ./iris --rate 500 --json > baseline.json
  mdeploy bench --url http://127.0.0.1:8501 --input '[[5.1, 3.5, 1.4, 0.2]]'`;
