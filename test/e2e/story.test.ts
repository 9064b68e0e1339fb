import { randomBytes } from 'node:crypto';
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareTensors } from '../../src/core/compare.ts';
import type { Tensor } from '../../src/core/tensor.ts';
import { runCli } from '../build-image/run-cli.ts';
import { loadCase } from '../fixtures.ts';
import { ensureBaseImage } from '../provision/base-image.ts';
import { obtain } from '../provision/cannot-provision.ts';
import { ensureDocker } from '../provision/docker.ts';
import { type Registry, startRegistry } from '../provision/registry.ts';

// The main job, as a user does it: init → validate → package → build-image --smoke → push → remove the image → pull by
// digest → run → predict, against a real engine and a registry that asks for a password.

const repository = join(import.meta.dirname, '../..');
const engine = await obtain(ensureDocker);
const login = { user: 'ci', password: 'correct-horse' };
const run = randomBytes(4).toString('hex');

interface Story {
  readonly example: string;
  /** The fixture whose golden answers come from the training framework. */
  readonly fixture: string;
}

const stories: readonly Story[] = [
  { example: 'iris', fixture: 'sklearn/iris_logreg' },
  { example: 'diabetes', fixture: 'sklearn/diabetes_linear' },
  { example: 'digits', fixture: 'torch/digits_cnn' },
];

describe.skipIf(engine === undefined)('from a model file to a prediction of a pulled image', () => {
  const docker = new Docker({ socketPath: engine!.socketPath });
  let registry: Registry;
  let base: string;
  let work: string;

  beforeAll(async () => {
    [registry, base, work] = await Promise.all([
      startRegistry({ auth: login }),
      ensureBaseImage(engine!.socketPath),
      mkdtemp(join(tmpdir(), 'mdeploy-story-')),
    ]);
  });

  afterAll(async () => {
    await registry.stop();
    await rm(work, { recursive: true });
  });

  const mdeploy = async (args: readonly string[], env: Record<string, string> = {}) => {
    const done = await runCli(args, { env: { DOCKER_HOST: engine!.host, DOCKER_CONFIG: work, ...env } });
    expect(`${done.code} ${done.stderr}`, args.join(' ')).toMatch(/^0 /);
    return done.stdout;
  };

  test.each(stories)('$example', async ({ example, fixture }) => {
    const folder = join(work, example);
    await mkdir(folder);
    await copyFile(loadCase(fixture).modelPath, join(folder, 'model.onnx'));
    await mdeploy(['init', folder]);
    await mdeploy(['validate', folder]);
    // What init wrote is enough to serve; the example's own manifest adds labels, steps and samples.
    await cp(join(repository, 'examples', example), folder, { recursive: true });
    await pinBase(join(folder, 'model.yaml'), base);
    const report = JSON.parse(await mdeploy(['validate', folder, '--strict', '--json'])) as { ok?: boolean };
    expect(report).toMatchObject({ schema_version: 1 });
    const packed = join(work, `${example}.mdeploy`);
    await mdeploy(['package', folder, '-o', packed]);
    const name = `${registry.host}/story-${run}/${example}:1`;
    await mdeploy(['build-image', packed, '--smoke', '--tag', name]);
    const digestFile = join(work, `${example}.digest`);
    await mdeploy(['push', name, '--digest-file', digestFile], {
      MDEPLOY_REGISTRY_USERNAME: login.user,
      MDEPLOY_REGISTRY_PASSWORD: login.password,
    });
    const digest = (await readFile(digestFile, 'utf8')).trim();
    expect(digest).toMatch(/sha256:[0-9a-f]{64}$/);
    await docker.getImage(name).remove({ force: true });
    const pinned = `${name.replace(/:1$/, '')}@${digest.replace(/^.*@/, '')}`;
    await pull(pinned);
    try {
      await whileRunning(pinned, [], async (url) => {
        await proveAnswers(url, { example, fixture });
        await provePredict(url, example);
      });
      // Flags of a user come behind those of the image: it is still reached from outside.
      const flags = ['--processes', '2', '--grpc-port', '8500'];
      if (example === 'iris')
        await whileRunning(pinned, flags, (url) => proveAnswers(url, { example, fixture }));
    } finally {
      await docker.getImage(pinned).remove({ force: true });
    }
  });

  async function pull(reference: string): Promise<void> {
    const authconfig = { username: login.user, password: login.password, serveraddress: registry.host };
    const stream = (await docker.pull(reference, { authconfig })) as NodeJS.ReadableStream;
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(stream, (error) => (error ? reject(error) : resolve()));
    });
  }

  async function whileRunning(
    reference: string,
    flags: readonly string[],
    work: (url: string) => Promise<void>,
  ): Promise<void> {
    const container = await docker.createContainer({
      Image: reference,
      Cmd: [...flags],
      ExposedPorts: { '8501/tcp': {} },
      HostConfig: {
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges'],
        PortBindings: { '8501/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] },
      },
    });
    try {
      await container.start();
      const { NetworkSettings } = await container.inspect();
      const url = `http://127.0.0.1:${NetworkSettings.Ports['8501/tcp']?.[0]?.HostPort}`;
      await expect.poll(() => status(`${url}/readyz`), { timeout: 60_000 }).toBe(200);
      await work(url);
      await container.stop();
      expect((await container.inspect()).State.ExitCode).toBe(0);
    } finally {
      await container.remove({ force: true });
    }
  }

  // `predict` as a user would call it, over the wire.
  async function provePredict(url: string, example: string): Promise<void> {
    const sample = join(repository, 'examples', example, 'samples/0.in.json');
    const inputs = JSON.parse(await readFile(sample, 'utf8')) as Record<string, { data: unknown[] }>;
    const picture = join(repository, 'examples/digits/digit-7.png');
    const [rows] = Object.values(inputs);
    const input = example === 'digits' ? picture : JSON.stringify(rows!.data.slice(0, width(example)));
    const answer = await mdeploy(['predict', '--url', url, '--input', input, '--json']);
    expect(JSON.parse(answer)).toHaveProperty('answer.predictions');
  }
});

function width(example: string): number {
  return example === 'iris' ? 4 : 10;
}

async function pinBase(manifest: string, base: string): Promise<void> {
  const text = await readFile(manifest, 'utf8');
  await writeFile(manifest, `${text}\nimage:\n  base: ${base}\n`);
}

async function status(url: string): Promise<number> {
  return fetch(url).then(
    (answer) => answer.status,
    () => 0,
  );
}

/** Golden answers of the training framework, over plain `/predict` and TF Serving's columns. */
async function proveAnswers(url: string, { example, fixture }: Story): Promise<void> {
  const golden = loadCase(fixture);
  if (example === 'digits') return proveDigits(url, golden.golden.labels as number[]);
  const [input] = golden.inputs;
  const rows = nested(input!);
  const plain = await post(`${url}/predict`, { features: rows });
  const tfs = await post(`${url}/v1/models/${example}:predict`, { inputs: { [input!.name]: rows } });
  for (const output of golden.outputs) {
    const byRow = plain.predictions as unknown[];
    const single = golden.outputs.length === 1;
    const answers = [
      single ? byRow : byRow.map((row) => (row as Record<string, unknown>)[output.name]),
      single ? tfs.outputs : (tfs.outputs as Record<string, unknown>)[output.name],
    ];
    for (const answer of answers) {
      const flat = [answer].flat(Number.POSITIVE_INFINITY as 10) as number[];
      const data = output.datatype === 'INT64' ? BigInt64Array.from(flat, BigInt) : Float32Array.from(flat);
      expect(compareTensors({ ...output, data }, output, golden.tolerance)).toMatchObject({ ok: true });
    }
  }
}

/** The pictures were drawn from the golden pixels, so the best label of each is the one of the framework. */
async function proveDigits(url: string, labels: readonly number[]): Promise<void> {
  for (const label of labels) {
    const picture = await readFile(join(repository, `examples/digits/digit-${label}.png`));
    const answer = await fetch(`${url}/predict`, {
      method: 'POST',
      headers: { 'content-type': 'image/png' },
      body: new Uint8Array(picture),
    });
    const { predictions } = (await answer.json()) as { predictions: { label: string[] } };
    expect(predictions.label[0]).toBe(String(label));
    const tfs = await post(`${url}/v1/models/digits:predict`, {
      instances: [{ b64: picture.toString('base64') }],
    });
    expect((tfs.predictions as { label: string[] }[])[0]!.label[0]).toBe(String(label));
  }
}

async function post(url: string, body: unknown): Promise<Record<string, unknown>> {
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify(body) });
  expect(answer.status, await answer.clone().text()).toBe(200);
  return (await answer.json()) as Record<string, unknown>;
}

function nested({ shape, data }: Tensor): number[][] {
  const [rows = 0, columns = 0] = shape;
  const flat = Array.from(data as Float32Array);
  return Array.from({ length: rows }, (_, row) => flat.slice(row * columns, (row + 1) * columns));
}
