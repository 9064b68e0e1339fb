import { mkdtempSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { installPackages } from '../provision/apt.ts';
import { hasCommand } from '../provision/command.ts';
import { type Readme, readReadme } from './readme.ts';

const root = join(import.meta.dirname, '..', '..');
const tools = mkdtempSync(join(tmpdir(), 'mdeploy-examples-'));
let port: number;

beforeAll(async () => {
  // `mdeploy` as npm would install it: the launcher of this clone.
  await mkdir(join(tools, 'bin'));
  const launcher = join(tools, 'bin', 'mdeploy');
  await writeFile(
    launcher,
    `#!/bin/sh\nexec '${process.execPath}' '${join(root, 'bin', 'mdeploy.js')}' "$@"\n`,
  );
  await chmod(launcher, 0o755);
  if (!(await hasCommand('curl'))) await installPackages(['curl'], 'the commands of the examples');
});

afterAll(() => rm(tools, { recursive: true, force: true }));

/** The commands run in a copy: an example must not change by being tried. */
function setUp(name: string): Readme & { readonly folder: string } {
  const folder = join(tools, name);
  beforeAll(async () => {
    await cp(join(root, 'examples', name), folder, { recursive: true });
    port = await freePort();
  });
  return { ...readReadme(join(root, 'examples', name, 'README.md')), folder };
}

function shell(command: string, folder: string) {
  const env = {
    PATH: `${join(tools, 'bin')}${delimiter}${process.env.PATH}`,
    NO_COLOR: '1',
    NODE_NO_WARNINGS: '1',
  };
  const line = command.replaceAll('8501', String(port));
  return execa('bash', ['-c', `set -o pipefail; ${line}`], {
    cwd: folder,
    env,
    reject: false,
    stdin: 'ignore',
  });
}

/** Starts the README's server, runs `work`, ends it as an orchestrator does: SIGTERM, exit 0. */
async function whileServing(command: string, folder: string, work: () => Promise<void>): Promise<void> {
  const server = shell(`exec ${command}`, folder);
  try {
    await ready(server);
    await work();
  } finally {
    server.kill('SIGTERM');
  }
  expect((await server).exitCode).toBe(0);
}

async function ready(server: PromiseLike<{ stderr: string }>): Promise<void> {
  let ended: string | undefined;
  void server.then(({ stderr }) => {
    ended = stderr;
  });
  for (const start = Date.now(); Date.now() - start < 30_000; await new Promise((go) => setTimeout(go, 50))) {
    if (ended !== undefined) throw new Error(`the server ended: ${ended}`);
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
  }
  throw new Error('the server was not ready after 30 s');
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port: free } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return free;
}

async function expectDone(commands: readonly string[], folder: string): Promise<string[]> {
  const answers: string[] = [];
  for (const command of commands) {
    const { exitCode, stdout, stderr } = await shell(command, folder);
    expect({ command, exitCode, stderr }).toMatchObject({ command, exitCode: 0 });
    answers.push(stdout);
  }
  return answers;
}

describe.each([
  {
    name: 'iris',
    first: [/iris 1 is fit to ship/, /^label +probabilities\n0 +0\.98157/],
    asking: [
      /^\{"predictions":\{"label":0,"probabilities":\[0\.98157/,
      /"predictions": ?\[\s*\{[\s\S]*0\.98157[\s\S]*0\.97586/,
      /"outputs": ?\{[\s\S]*0\.98157/,
      /"serving_default"[\s\S]*"DT_FLOAT"/,
    ],
  },
  {
    name: 'diabetes',
    first: [/diabetes 1 is fit to ship/, /^prediction\n206\.1166\d*\n68\.071/],
    asking: [/^\{"predictions":\[205\.99/, /^prediction\n206\.1166/, /"outputs": \[\s*\[\s*206\.1166/],
  },
  {
    name: 'digits',
    first: [/digits 1 is fit to ship/, /^label +score\n7 +0\.9954\d*\n2 +0\.0034/],
    asking: [
      /^\{"predictions":\{"label":\["7","2","3"\],"score":\[0\.9954/,
      /^label +score\n4 +0\.\d+/,
      /"label": ?\[\s*"1"[\s\S]*"label": ?\[\s*"6"/,
    ],
  },
])('examples/$name', ({ name, first, asking }) => {
  const readme = setUp(name);

  test('validates and predicts', async () => {
    const answers = await expectDone(readme.first, readme.folder);
    expect(answers).toHaveLength(first.length);
    answers.forEach((answer, index) => {
      expect(answer).toMatch(first[index]!);
    });
  });

  test('serves, answers every question of its README, and drains', async () => {
    await whileServing(readme.serve, readme.folder, async () => {
      const answers = await expectDone(readme.asking, readme.folder);
      expect(answers).toHaveLength(asking.length);
      answers.forEach((answer, index) => {
        expect(answer).toMatch(asking[index]!);
      });
    });
  });

  test('replays its samples over HTTP and packages', async () => {
    expect(readme.rest.map((command) => command.split(' ').slice(0, 2).join(' '))).toEqual([
      'mdeploy serve',
      'mdeploy package',
    ]);
    await expectDone(readme.rest, readme.folder);
    const lock = JSON.parse(
      await readFile(join(readme.folder, `${name}.mdeploy`, 'mdeploy.lock.json'), 'utf8'),
    ) as { name: string };
    expect(lock.name).toBe(name);
  });
});
