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
import type { Wire, WireBody } from './wire.ts';

export interface BenchOptions {
  readonly url: URL;
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
    options.progress(`Loading: ${runName({ ...modeOf(shape), connections: shape.connections })}`);
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
  const cold = await coldStart(options.target, starts, async (server) => {
    engine = server.engine;
    proof = await ask({ ...options, url: server.url });
  });
  return reportOf({ ...options, engine }, proof!, { cold });
}

function reportOf(
  options: Omit<BenchOptions, 'url'>,
  proof: Proof,
  { runs = [], cold }: { readonly runs?: readonly Run[]; readonly cold?: ColdStart },
): BenchReport {
  return {
    kind: 'bench',
    mdeploy: version,
    date: new Date().toISOString(),
    machine: {
      cpu: cpus()[0]?.model ?? '',
      cores: cpus().length,
      node: process.versions.node,
      platform: `${platform()}/${arch()}`,
    },
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
  const client = clientOf(asking, 1);
  const answer = await client.send();
  client.close();
  if (typeof answer.status === 'string') {
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
  const { url, durationMs, warmupMs, timeoutMs } = options;
  const client = clientOf(options, shape.connections);
  try {
    if (warmupMs > 0) await load(client, shape, warmupMs, timeoutMs);
    const before = await scrape(url, timeoutMs);
    const { tally, seconds } = await load(client, shape, durationMs, timeoutMs);
    const after = await scrape(url, timeoutMs);
    return {
      ...modeOf(shape),
      connections: shape.connections,
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

function modeOf({ rate }: Shape): Pick<Run, 'mode' | 'rate'> {
  return rate === undefined ? { mode: 'closed', rate: null } : { mode: 'open', rate };
}

function clientOf(asking: Asking, connections: number): Client {
  const { path, body } = requestOf(asking);
  const url = new URL(`${asking.url.href.replace(/\/+$/, '')}${path}`);
  return openClient({ url, body, connections, timeoutMs: asking.timeoutMs });
}

function requestOf({ wire, protocol, model, feed }: Pick<Asking, 'wire' | 'protocol' | 'model' | 'feed'>): {
  readonly path: string;
  readonly body: WireBody;
} {
  const path = wire.path(model);
  if (path === undefined)
    throw usage(`Over ${protocol} a model is asked for by its name: --model is missing.`);
  if (feed.kind === 'tensors') return { path, body: wire.body(feed.tensors) };
  if (protocol === 'v2-binary')
    throw usage('Over v2-binary the input must be tensors (.npy, .npz, a sample), not a document.');
  return {
    path,
    body: { headers: { 'content-type': 'application/json' }, bytes: Buffer.from(feed.text) },
  };
}

function usage(problem: string) {
  return failure('USAGE', { problem, verb: 'bench' });
}
