import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LineWriter } from '../../src/observability/line-writer.ts';

let pipe: string;
let fd: number;

// Opened for both ends and without waiting: it fills up at 64 KiB and then refuses, like a reader that has stalled.
beforeEach(() => {
  pipe = join(tmpdir(), `mdeploy-pipe-${process.pid}`);
  execFileSync('mkfifo', [pipe]);
  fd = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
});

afterEach(() => {
  closeSync(fd);
  rmSync(pipe);
});

function drain(): string {
  const buffer = Buffer.alloc(1024 * 1024);
  return buffer.toString('utf8', 0, readSync(fd, buffer));
}

describe('LineWriter', () => {
  it('writes what it is given', () => {
    const failed = vi.fn();
    const writer = new LineWriter(fd, failed);
    writer.write('one\n');
    writer.write('zwei ü\n');
    expect(drain()).toBe('one\nzwei ü\n');
    expect(failed).not.toHaveBeenCalled();
  });

  it('drops whole lines while the reader stalls, and goes on when it reads again', () => {
    const failed = vi.fn();
    const writer = new LineWriter(fd, failed);
    const line = (index: number) => `${String(index).padStart(999, '.')}\n`;
    for (let index = 0; index < 200; index++) writer.write(line(index));
    expect(failed.mock.calls.length).toBeGreaterThan(100);
    let seen = drain();
    writer.write(line(1000));
    seen += drain();
    const lines = seen.split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.every((each) => each.length === 999)).toBe(true);
    expect(lines.at(-1)).toBe(line(1000).trimEnd());
  });

  it('finishes a line that went out in part before it begins another', () => {
    const failed = vi.fn();
    const writer = new LineWriter(fd, failed);
    const long = `${'x'.repeat(100_000)}\n`;
    writer.write(long);
    expect(failed).toHaveBeenCalledOnce();
    const first = drain();
    expect(first.length).toBeLessThan(long.length);
    writer.write('next\n');
    expect(first + drain()).toBe(`${long}next\n`);
  });
});
