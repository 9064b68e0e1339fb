import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';

const module = new URL('../../src/observability/log.ts', import.meta.url).href;

/** What a process that logs writes to stdout, and its exit code. */
async function logged(body: string, stdout: 'pipe' | number = 'pipe') {
  const program = `import { makeLog } from '${module}';\nlet failed = 0;\n${body}`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
    stdio: ['ignore', stdout, 'pipe'],
  });
  const [out, err, code] = await Promise.all([
    child.stdout ? text(child.stdout) : '',
    text(child.stderr!),
    new Promise((resolve) => child.on('close', resolve)),
  ]);
  return { lines: out.split('\n').slice(0, -1), err, code };
}

const log = "const log = makeLog('info', () => failed++);";

describe('makeLog', () => {
  it('writes one JSON object a line, with time and level as text', async () => {
    const { lines } = await logged(`${log} log.info({ a: 1 }, 'hello'); log.error('bad'); log.debug('no');`);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { level: 'info', time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/), a: 1, msg: 'hello' },
      { level: 'error', time: expect.any(String), msg: 'bad' },
    ]);
  });

  it('keeps values from starting a line or an object of their own', async () => {
    const hostile = 'a\r\n{"level":"error","msg":"forged"}\u0000\u001b[31m"\\';
    const body = `log.info({ path: ${JSON.stringify(hostile)} }, ${JSON.stringify(hostile)});`;
    const { lines } = await logged(`${log} ${body}`);
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({ level: 'info', path: hostile, msg: hostile });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(lines[0]).not.toMatch(/[\x00-\x1f]/);
  });

  it('says nothing when silent', async () => {
    expect((await logged("makeLog('silent', () => undefined).error('x');")).lines).toEqual([]);
  });

  it('outlives a full disk, and tells how often', async () => {
    const full = openSync('/dev/full', 'w');
    const body = `${log} for (let i = 0; i < 100; i++) log.error('x'.repeat(50_000)); console.error(failed);`;
    expect(await logged(body, full)).toMatchObject({ err: '100\n', code: 0 });
  });
});
