// `npm test`: provisions, then lint, types, build and every test project, ending with `N passed, N failed`.
// Plain JavaScript for any Node >= 20: it brings the Node that everything else runs on.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const ci = process.env.CI === 'true' || process.env.CI === '1';
const counts = { passed: 0, failed: 0, skipped: 0 };
const notes = [];

await main();

async function main() {
  if (!(await installed())) return finish();
  await once('lint', ['node_modules/@biomejs/biome/bin/biome', 'check', '.']);
  await once('types', ['node_modules/typescript/bin/tsc', '--noEmit']);
  await once('build', ['scripts/build.ts']);
  provisionNotes();
  for (const project of ['unit', 'integration', 'e2e']) await vitest(project);
  notes.push(
    'converting from PyTorch and TensorFlow is tested by `npm run test:convert` (3 GB of packages), not here',
  );
  finish();
}

async function installed() {
  if (existsSync(join(root, 'node_modules', 'vitest')) && existsSync(join(root, 'node_modules', 'node')))
    return true;
  heading('install');
  const { code } = await run(process.platform === 'win32' ? 'npm.cmd' : 'npm', ['ci']);
  if (code !== 0) {
    counts.failed += 1;
    notes.push('npm ci failed: nothing else could run');
  }
  return code === 0;
}

/** A step that counts as one test. */
async function once(name, args) {
  heading(name);
  const { code } = await node(args);
  counts[code === 0 ? 'passed' : 'failed'] += 1;
  if (code !== 0) notes.push(`${name} failed`);
}

async function vitest(project) {
  heading(`${project} tests`);
  const { code, out } = await node(['node_modules/vitest/vitest.mjs', 'run', '--project', project]);
  const line = out.split('\n').findLast((text) => text.startsWith('{"mdeploy_tests":'));
  const found = line === undefined ? { passed: 0, failed: 0, skipped: 0 } : JSON.parse(line).mdeploy_tests;
  for (const key of Object.keys(counts)) counts[key] += found[key];
  if (found.failed > 0) notes.push(`${project}: ${found.failed} failed`);
  if (found.skipped > 0) notes.push(`${project}: ${found.skipped} skipped`);
  // A run that died, or failed outside any test, must not look like a pass.
  if (code !== 0 && found.failed === 0) {
    counts.failed += 1;
    notes.push(`${project}: the test run itself failed (exit ${code})`);
  } else if (line === undefined) {
    counts.failed += 1;
    notes.push(`${project}: the test run told no counts`);
  }
}

/** What the tests that need a real engine set up for themselves, and where they cannot. */
function provisionNotes() {
  const debian = existsSync('/etc/debian_version');
  const isRoot = process.getuid?.() === 0;
  if (debian && isRoot) return;
  const why = debian ? 'not root' : 'not Debian';
  notes.push(`${why}: what is missing of Docker engine, registry, Python clients cannot be installed here`);
}

function finish() {
  process.stdout.write('\n');
  for (const note of notes) process.stdout.write(`! ${note}\n`);
  if (counts.skipped > 0) {
    process.stdout.write(
      `! ${counts.skipped} tests did not run${ci ? ': with CI=true they count as failed' : ''}\n`,
    );
    if (ci) counts.failed += counts.skipped;
  }
  process.stdout.write(`${counts.passed} passed, ${counts.failed} failed\n`);
  process.exitCode = counts.failed > 0 ? 1 : 0;
}

function node(args) {
  return run(process.execPath, ['scripts/node.mjs', ...args]);
}

/** Shows the output as it comes and keeps it. */
function run(command, args) {
  return new Promise((resolve) => {
    let out = '';
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    child.stdout.on('data', (chunk) => {
      out += chunk;
      process.stdout.write(chunk);
    });
    child.on('error', (error) => {
      process.stderr.write(`${command}: ${error.message}\n`);
      resolve({ code: 1, out });
    });
    child.on('close', (code) => resolve({ code: code ?? 1, out }));
  });
}

function heading(text) {
  process.stdout.write(`\n=== ${text}\n`);
}
