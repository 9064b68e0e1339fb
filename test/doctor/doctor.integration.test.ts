import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Machine } from '../../src/doctor/check.ts';
import { checks } from '../../src/doctor/checks.ts';
import { doctor, thisMachine } from '../../src/doctor/doctor.ts';
import { doctorText } from '../../src/doctor/text.ts';

let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'mdeploy-test-doctor-'));
});

afterEach(() => vi.unstubAllEnvs());
afterAll(() => rmSync(root, { recursive: true }));

function machine(changes: Partial<Machine> = {}): Machine {
  const env = { DOCKER_HOST: `unix://${root}/none.sock`, DOCKER_CONFIG: root, ORT_DISABLE_TELEMETRY: '1' };
  return { ...thisMachine(), env, ...changes };
}

async function diagnose(name: string, changes: Partial<Machine> = {}) {
  const check = checks.find((each) => each.name === name);
  if (!check) throw new Error(`no check named ${name}`);
  return check.run(machine(changes));
}

describe('doctor', () => {
  it('looks at everything, and a missing engine is no reason to fail', async () => {
    const seen: string[] = [];
    const report = await doctor(machine(), (name) => seen.push(name));
    expect(report).toMatchObject({ ok: true, exit: 0 });
    expect(seen).toEqual(report.checks.map(({ name }) => name));
    const docker = report.checks.find(({ name }) => name === 'docker');
    expect(docker).toMatchObject({ verdict: 'warning', remedy: expect.stringContaining('Start the engine') });
    expect(docker!.finding).toContain('No Docker engine answers');
  });

  it('fails with 3 when something that every verb needs is lacking', async () => {
    const report = await doctor(machine({ nodeVersion: '20.20.2' }));
    expect(report).toMatchObject({ ok: false, exit: 3 });
    expect(doctorText(report)).toContain('✗ node         Node 20.20.2 is too old; 22.18 is needed.');
    expect(doctorText(report)).toContain('This machine lacks something');
  });

  it('ends when interrupted', async () => {
    await expect(doctor(machine({ signal: AbortSignal.abort() }))).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
  });
});

describe('the checks', () => {
  it.each([
    ['22.17.9', 'error'],
    ['22.18.0', 'ok'],
    ['26.0.0', 'ok'],
    ['21.99.0', 'error'],
  ])('node %s: %s', async (nodeVersion, verdict) => {
    expect((await diagnose('node', { nodeVersion })).verdict).toBe(verdict);
  });

  it.each([
    ['freebsd', 'x64', 'error'],
    ['linux', 'ia32', 'error'],
    ['darwin', 'arm64', 'ok'],
  ] as const)('platform %s/%s: %s', async (platform, arch, verdict) => {
    expect((await diagnose('platform', { platform, arch })).verdict).toBe(verdict);
  });

  it('loads the runtime in a process of its own', async () => {
    expect((await diagnose('runtime')).finding).toMatch(/^onnxruntime-node 1\.\d+\.\d+, loads in \d+ ms$/);
  });

  it('notices a missing locale', async () => {
    vi.stubEnv('LOCPATH', root);
    expect(await diagnose('locale')).toMatchObject({
      verdict: 'warning',
      finding: expect.stringContaining('en_US.UTF-8 is missing'),
      remedy: expect.stringContaining('localedef'),
    });
  });

  it('notices telemetry that nobody turned off', async () => {
    expect((await diagnose('telemetry', { env: {} })).verdict).toBe('warning');
    expect((await diagnose('telemetry')).verdict).toBe('ok');
  });

  it.each([
    ['sys/fs/cgroup/memory.max', '134217728\n', 'warning', /^134\.2 MB \(of the container\).* is little$/],
    ['sys/fs/cgroup/memory.max', 'max\n', 'ok', /of the machine/],
    ['sys/fs/cgroup/memory/memory.limit_in_bytes', '536870912', 'ok', /^536\.9 MB \(of the container\)/],
    ['sys/fs/cgroup/memory/memory.limit_in_bytes', '9223372036854771712', 'ok', /of the machine/],
  ])('reads the memory limit %s: %j', async (file, content, verdict, finding) => {
    const elsewhere = mkdtempSync(join(root, 'cgroup-'));
    mkdirSync(join(elsewhere, file, '..'), { recursive: true });
    writeFileSync(join(elsewhere, file), content);
    const found = await diagnose('memory', { root: elsewhere });
    expect(found.verdict).toBe(verdict);
    expect(found.finding).toMatch(finding);
  });

  it('needs a temporary folder to write to', async () => {
    expect(await diagnose('disk')).toMatchObject({ verdict: expect.stringMatching(/ok|warning/) });
    const missing = await diagnose('disk', { temporaryFolder: join(root, 'none') });
    expect(missing).toMatchObject({ verdict: 'error', remedy: expect.stringContaining('TMPDIR') });
    expect(missing.finding).toContain('it does not exist');
  });

  it('reads the registry logins without showing them', async () => {
    expect((await diagnose('credentials')).finding).toContain('no registry logins');
    const auths = { 'registry.example': { auth: 'dXNlcjpzZWNyZXQ=' } };
    writeFileSync(join(root, 'config.json'), JSON.stringify({ auths, credsStore: 'pass' }));
    const { finding } = await diagnose('credentials');
    expect(finding).toMatch(/^1 registry login in .*config\.json, credential store pass$/);
    expect(finding).not.toContain('dXNl');
    writeFileSync(join(root, 'config.json'), '{');
    const report = await doctor(machine());
    expect(report.checks.find(({ name }) => name === 'credentials')).toMatchObject({ verdict: 'warning' });
    expect(report.exit).toBe(0);
  });
});
