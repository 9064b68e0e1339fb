import { cpSync, existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, describe, expect, test } from 'vitest';
import { command } from '../../src/cli/commands/init.ts';
import type { Output } from '../../src/cli/output.ts';
import { fixturePath } from '../fixtures.ts';

const folder = mkdtempSync(join(tmpdir(), 'mdeploy-init-command-'));
const model = join(folder, 'digits.onnx');
const manifest = join(folder, 'model.yaml');
cpSync(fixturePath('torch/digits_cnn/model.onnx'), model);
afterAll(() => rm(folder, { recursive: true }));

interface Spoken {
  document: Readonly<Record<string, unknown>>;
  text: string;
  readonly notes: string[];
}

async function run(...argv: string[]): Promise<Spoken & { exit: number }> {
  const spoken: Spoken = { document: {}, text: '', notes: [] };
  const output = {
    json: false,
    verbose: false,
    quiet: false,
    color: false,
    result: (document, text) => Object.assign(spoken, { document, text }),
    note: (text) => spoken.notes.push(text),
    warn: (text) => spoken.notes.push(text),
    step: (_, work) => work(() => undefined),
    error: () => undefined,
  } as Output;
  const program = new Command('init').exitOverride();
  command.configure(program);
  program.parse(argv, { from: 'user' });
  const exit = await command.run(program.args, program.opts(), output);
  return { ...spoken, exit };
}

describe('mdeploy init', () => {
  test('--dry-run prints the manifest and writes nothing', async () => {
    const { exit, text, document } = await run(folder, '--dry-run');
    expect(exit).toBe(0);
    expect(text).toMatch(/^# yaml-language-server/);
    expect(text).toContain('name: digits');
    expect(document).toMatchObject({
      written: false,
      file: manifest,
      text: expect.stringContaining('digits'),
    });
    expect(existsSync(manifest)).toBe(false);
  });

  test('writes beside the model, tells what it saw and what comes next', async () => {
    const { exit, text, notes, document } = await run(model, '--name', 'numbers');
    expect(exit).toBe(0);
    expect(readFileSync(manifest, 'utf8')).toContain('name: numbers\n');
    expect(text).toMatch(/^Wrote .*model\.yaml\. Next: mdeploy validate/);
    expect(notes).toEqual([expect.stringContaining('picture'), expect.stringContaining('10 class scores')]);
    expect(document).toMatchObject({ written: true, manifest: { name: 'numbers', version: '1' } });
    expect(document).not.toHaveProperty('text');
  });

  test('replaces only with --force, writes elsewhere with --output', async () => {
    await expect(run(model)).rejects.toMatchObject({ code: 'INIT_EXISTS', exit: 2 });
    expect(readFileSync(manifest, 'utf8')).toContain('name: numbers\n');
    await run(model, '--output', join(folder, 'other.yaml'));
    expect(readFileSync(join(folder, 'other.yaml'), 'utf8')).toContain('name: digits\n');
    await run(model, '--force');
    expect(readFileSync(manifest, 'utf8')).toContain('name: digits\n');
  });
});
