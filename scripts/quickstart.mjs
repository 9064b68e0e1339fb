// `npm run quickstart`: from a fresh clone to a served example and a real prediction. Plain JavaScript for any
// Node >= 20: it brings the Node that everything else runs on. `--once` stops after the prediction, as it does when
// no person is watching.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const packaged = join(root, '.cache', 'quickstart', 'iris');
const stays =
  process.stdin.isTTY === true && process.stdout.isTTY === true && !process.argv.includes('--once');

try {
  await prepare();
  await serveAndAsk();
} catch (error) {
  process.stderr.write(`quickstart: ${error.message}\n`);
  process.exitCode = 1;
}

async function prepare() {
  if (!existsSync(join(root, 'node_modules', 'node', 'bin'))) {
    say('Installing (npm ci) …');
    await run(process.platform === 'win32' ? 'npm.cmd' : 'npm', ['ci', '--no-fund', '--no-audit']);
  }
  if (isStale(join(root, 'dist', 'main.js'))) {
    say('Building …');
    await node('scripts/build.ts');
  }
  say('Packaging examples/iris …');
  await mkdir(join(packaged, '..'), { recursive: true });
  await node('bin/mdeploy.js', 'package', 'examples/iris', '--output', packaged, '--force');
}

/** Whether the build is missing, or older than anything it is made from. */
function isStale(built) {
  if (!existsSync(built)) return true;
  const { mtimeMs } = statSync(built);
  return ['src', 'scripts', 'templates'].some((folder) =>
    readdirSync(join(root, folder), { recursive: true }).some(
      (file) => statSync(join(root, folder, file)).mtimeMs > mtimeMs,
    ),
  );
}

async function serveAndAsk() {
  const port = await freePort(8501);
  const url = `http://127.0.0.1:${port}`;
  const args = [
    'scripts/node.mjs',
    'bin/mdeploy.js',
    'serve',
    packaged,
    '--port',
    String(port),
    '--log-level',
    'warn',
  ];
  const server = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] });
  const ended = new Promise((resolve) => server.on('exit', (code) => resolve(code ?? 1)));
  process.on('SIGTERM', () => server.kill('SIGTERM'));
  // A terminal sends Ctrl-C to the server too, and a second signal would cut its drain short.
  process.on('SIGINT', () => {
    if (!stays) server.kill('SIGINT');
  });
  try {
    await ready(url, ended);
    await ask(url);
    if (!stays) return;
    say(`\nServing at ${url} until Ctrl-C. What it answers: ${url}/openapi.json`);
    await ended;
  } finally {
    server.kill('SIGTERM');
    await ended;
  }
}

async function ask(url) {
  const features = [5.1, 3.5, 1.4, 0.2];
  const body = JSON.stringify({ features });
  const response = await fetch(`${url}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`the server answered ${response.status}: ${answer}`);
  const species = readFileSync(join(root, 'examples', 'iris', 'labels.txt'), 'utf8')
    .trim()
    .split('\n')
    .join(', ');
  say(`\nAn iris with sepals of 5.1 × 3.5 cm and petals of 1.4 × 0.2 cm (0, 1, 2 = ${species}):`);
  say(`  curl -s ${url}/predict -H 'content-type: application/json' -d '${body}'`);
  say(`  ${answer.trim()}`);
  say(`URL: ${url}`);
}

async function ready(url, ended) {
  let code;
  ended.then((value) => {
    code = value;
  });
  for (const start = Date.now(); Date.now() - start < 30_000; await new Promise((go) => setTimeout(go, 50))) {
    if (code !== undefined) throw new Error(`the server ended with exit code ${code} before it was ready`);
    const response = await fetch(`${url}/readyz`).catch(() => undefined);
    if (response?.ok) return;
  }
  throw new Error(`the server was not ready at ${url} after 30 s`);
}

/** `wanted` if nothing listens there, else any free port. */
function freePort(wanted) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.on('error', () => resolve(freePort(0)));
    probe.listen(wanted, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

function node(...args) {
  return run(process.execPath, ['scripts/node.mjs', ...args]);
}

async function run(command, args) {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit' });
  const code = await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (value) => resolve(value ?? 1));
  });
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed (exit ${code})`);
}

function say(text) {
  process.stdout.write(`${text}\n`);
}
