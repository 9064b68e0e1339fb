import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { serveFlags } from '../../src/serve/flags.ts';
import { serverUsage } from '../../src/serve/usage.ts';

test('the usage of server.mjs names every flag, one a line, none wider than a terminal', () => {
  const usage = serverUsage();
  for (const [name, flag] of Object.entries(serveFlags)) {
    expect(usage).toMatch(new RegExp(`^  --${name} ${flag.type === 'string' ? '[A-Z]+' : ''} +\\S`, 'm'));
    if ('default' in flag && name === 'drain-delay') expect(usage).toContain(`(default: ${flag.default})`);
  }
  for (const line of usage.split('\n')) expect(line.length).toBeLessThanOrEqual(115);
});

describe('server.mjs', () => {
  const main = join(import.meta.dirname, '../../src/serve/main.ts');
  const start = (...words: string[]) => spawnSync(process.execPath, [main, ...words], { encoding: 'utf8' });

  test.each(['--help', '-h'])('%s prints it and serves nothing', (word) => {
    expect(start(word)).toMatchObject({ status: 0, stdout: serverUsage(), stderr: '' });
  });

  test('a wrong flag leads to it, not to a program that is not there', () => {
    const { status, stdout, stderr } = start('--prot', '1');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^error USAGE: Unknown option '--prot'/);
    expect(stderr).toContain('\n  See `node server.mjs --help`.\n');
    expect(stderr).not.toContain('mdeploy serve');
  });
});
