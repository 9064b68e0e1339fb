import { arch, cpus, platform } from 'node:os';
import { failure } from '../core/errors/error.ts';
import { version } from '../core/version.ts';
import { type Client, type Outcome, openClient } from './client.ts';
import { coldStart } from './cold-start.ts';
import { differenceOf, type Expectation, expectValues } from './expectation.ts';
import type { Feed } from './feed.ts';
import { load, type Shape } from './loops.ts';
import { between, scrape } from './metrics.ts';
import type { BenchReport, ColdStart, Run } from './report.ts';
import { runName } from './report.ts';
import type { ServerProcess } from './server-process.ts';
import type { Wire, WireBody } from './wire.ts';

export interface BenchOptions {
  /** Where the requests go. */
  readonly url: URL;
  /** Where the server tells its figures; absent: at `url`. */
  readonly metricsUrl?: URL;
  /** What the report calls it: MODEL, or the address. */
  readonly target: string;
  readonly engine?: string;
  readonly protocol: string;
  readonly wire: Wire;
  /** Name of the model; absent: the server's only one. */
  readonly model?: string;
  readonly feed: Feed;
  readonly expectation?: Expectation;
  readonly shapes: readonly Shape[];
  readonly durationMs: number;
  readonly warmupMs: number;
  readonly timeoutMs: number;
  readonly progress: (text: string) => void;
}

/**
 * Asks once and proves the answer, then makes load in one window per shape, each behind a warm-up.
 * @throws MdeployError `USAGE`, `SERVER_UNREACHABLE`, `BENCH_REFUSED`, `BENCH_ANSWER_DIFFERS` before anything is timed
 */
export async function bench(options: BenchOptions): Promise<BenchReport> {
  const proof = await ask(options);
  const runs: Run[] = [];
  for (const shape of options.shapes) {
    options.progress(`Loading: ${runName(loadOf(shape))}`);
    runs.push(await run(shape, options, proof));
  }
  return reportOf(options, proof, { runs });
}

/**
 * Starts the server `starts` times and asks it once each time; `options.url` is not looked at.
 * @throws MdeployError `BENCH_SERVER_ENDED` and as `bench` does
 */
export async function benchColdStart(
  options: Omit<BenchOptions, 'url'>,
  starts: number,
): Promise<BenchReport> {
  let proof: Proof | undefined;
  let engine = '';
  const cold = await coldStart(options.target, { starts, flags: flagsOf(options.wire) }, async (server) => {
    engine = server.engine;
    proof = await ask({ ...options, ...urlsOf(server) });
  });
  return reportOf({ ...options, engine }, proof!, { cold });
}

/** What `serve` is told so that it speaks a dialect: gRPC has a port of its own, which costs start-up and memory. */
export function flagsOf({ isGrpc }: Pick<Wire, 'isGrpc'>): readonly string[] {
  return isGrpc ? ['--grpc-port', '0'] : [];
}

/** Where a server that was started takes the requests, and tells its figures. */
export function urlsOf({ url, grpc = url }: Pick<ServerProcess, 'url' | 'grpc'>) {
  return { url: grpc, metricsUrl: url };
}

function reportOf(
  options: Omit<BenchOptions, 'url'>,
  proof: Proof,
  { runs = [], cold }: { readonly runs?: readonly Run[]; readonly cold?: ColdStart },
): BenchReport {
  return {
    kind: 'bench',
    ...machineOf(),
    target: options.target,
    engine: options.engine ?? null,
    protocol: options.protocol,
    request_bytes: requestOf(options).body.bytes.length,
    answer_bytes: proof.answer.body.length,
    checked_against: options.expectation ? 'sample' : 'first answer',
    runs,
    cold_start: cold ?? null,
  };
}

/** With what, when and where something was measured. */
export function machineOf(): Pick<BenchReport, 'mdeploy' | 'date' | 'machine'> {
  const machine = {
    cpu: cpus()[0]?.model ?? '',
    cores: cpus().length,
    node: process.versions.node,
    platform: `${platform()}/${arch()}`,
  };
  return { mdeploy: version, date: new Date().toISOString(), machine };
}

/** An answer that was proven, and what every later one must hold. */
export interface Proof {
  readonly answer: Outcome;
  readonly expectation: Expectation;
}

type Asking = Pick<
  BenchOptions,
  'url' | 'wire' | 'protocol' | 'model' | 'feed' | 'expectation' | 'timeoutMs'
>;

/** One request, proven. @throws MdeployError as `bench` does */
export async function ask(asking: Asking): Promise<Proof> {
  const { url, wire, expectation } = asking;
  const client = await clientOf(asking, { connections: 1 });
  const answer = await client.send();
  client.close();
  if (typeof answer.status === 'string' && answer.body.length === 0) {
    const reason = answer.status === 'ECONNREFUSED' ? 'nothing listens there' : answer.status;
    throw failure('SERVER_UNREACHABLE', { url: url.href, reason }, { received: url.href });
  }
  if (answer.status !== 200) {
    const reason = answer.body.toString('utf8', 0, 400).trim();
    throw failure('BENCH_REFUSED', { status: answer.status, reason }, { received: String(answer.status) });
  }
  try {
    const values = wire.read(answer);
    const difference = expectation && differenceOf(values, expectation);
    if (difference !== undefined) throw failure('BENCH_ANSWER_DIFFERS', { difference });
    return { answer, expectation: expectation ?? expectValues(values) };
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
    throw failure('SERVER_FOREIGN', { url: url.href, reason: error.message }, { cause: error });
  }
}

async function run(shape: Shape, options: BenchOptions, proof: Proof): Promise<Run> {
  const { url, metricsUrl = url, durationMs, warmupMs, timeoutMs } = options;
  const client = await clientOf(options, shape);
  try {
    if (warmupMs > 0) await load(client, shape, warmupMs, timeoutMs);
    const before = await scrape(metricsUrl, timeoutMs);
    const { tally, seconds } = await load(client, shape, durationMs, timeoutMs);
    const after = await scrape(metricsUrl, timeoutMs);
    return {
      ...loadOf(shape),
      seconds: Math.round(seconds * 1000) / 1000,
      answered: tally.answered,
      errors: Object.fromEntries(tally.errors),
      requests_per_second: Math.round((tally.answered / seconds) * 10) / 10,
      latency_ms: tally.latency(),
      service_ms: tally.service(),
      curve: tally.curve(),
      wrong_answer:
        wrongAnswer(tally.first, proof, options) ?? wrongAnswer(tally.last, proof, options) ?? null,
      server: before && after ? between(before, after, tally.answered + tally.failed) : null,
    };
  } finally {
    client.close();
  }
}

// The same bytes need no reading; a batch may change the last digit of a number.
function wrongAnswer(answer: Outcome | undefined, proof: Proof, { wire }: BenchOptions): string | undefined {
  if (!answer || answer.body.equals(proof.answer.body)) return undefined;
  try {
    return differenceOf(wire.read(answer), proof.expectation);
  } catch (error) {
    return `it cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function loadOf({
  rate,
  connections,
  streams,
}: Shape): Pick<Run, 'mode' | 'rate' | 'connections' | 'streams'> {
  const mode = rate === undefined ? 'closed' : 'open';
  return { mode, connections, ...(streams !== undefined && { streams }), rate: rate ?? null };
}

async function clientOf(asking: Asking, { connections, streams = 1 }: Shape): Promise<Client> {
  const { path, body } = requestOf(asking);
  const url = new URL(`${asking.url.href.replace(/\/+$/, '')}${path}`);
  const options = { url, body, connections, streams, timeoutMs: asking.timeoutMs };
  return asking.wire.isGrpc
    ? (await import('./grpc-client.ts')).openGrpcClient(options)
    : openClient(options);
}

function requestOf({ wire, protocol, model, feed }: Pick<Asking, 'wire' | 'protocol' | 'model' | 'feed'>): {
  readonly path: string;
  readonly body: WireBody;
} {
  const path = wire.path(model);
  if (path === undefined)
    throw usage(`Over ${protocol} a model is asked for by its name: --model is missing.`);
  if (feed.kind === 'tensors') return { path, body: wire.body(feed.tensors, model) };
  if (protocol === 'v2-binary' || wire.isGrpc)
    throw usage(`Over ${protocol} the input must be tensors (.npy, .npz, a sample), not a document.`);
  return {
    path,
    body: { headers: { 'content-type': 'application/json' }, bytes: Buffer.from(feed.text) },
  };
}

function usage(problem: string) {
  return failure('USAGE', { problem, verb: 'bench' });
}
