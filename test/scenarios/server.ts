import { type ChildProcess, spawn } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { loadCase } from '../fixtures.ts';

const root = join(import.meta.dirname, '../..');
const started: ChildProcess[] = [];
const folders: string[] = [];

// Only what a failing test has left behind; SIGKILL, for a server may be draining.
afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** `node src/serve/main.ts`, the entry of every image, as a process of its own. */
export class Server {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';
  #told: () => void = () => undefined;

  constructor(
    args: readonly string[],
    {
      entry = 'src/serve/main.ts',
      stdout = 'pipe' as 'pipe' | number,
      env = {} as Readonly<Record<string, string>>,
    } = {},
  ) {
    this.child = spawn(process.execPath, [join(root, entry), ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', stdout, 'pipe'],
    });
    started.push(this.child);
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.#told();
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      this.#told();
    });
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code, signal) => {
        started.splice(started.indexOf(this.child), 1);
        resolve({ code, signal });
        this.#told();
      });
    });
  }

  /** What it has logged, every line of it JSON. */
  get lines(): Record<string, unknown>[] {
    return this.stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  }

  /** Waits until a line with this message is logged; its fields. @throws Error when the server ends first */
  async logged(message: string): Promise<Record<string, unknown>> {
    let isOver = false;
    void this.ended.then(() => {
      isOver = true;
    });
    for (;;) {
      const line = this.lines.find(({ msg }) => msg === message);
      if (line) return line;
      if (isOver) throw new Error(`the server ended without "${message}": ${this.stderr}`);
      await new Promise<void>((resolve) => {
        this.#told = resolve;
        void this.ended.then(() => resolve());
      });
    }
  }

  /** Its address, when it listens. */
  async listening(): Promise<string> {
    return String((await this.logged('listening')).url);
  }

  /** Its address, when it is ready. */
  async ready(): Promise<string> {
    return String((await this.logged('ready')).url);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ended> {
    this.child.kill(signal);
    return this.ended;
  }
}

/** A folder with a model of the fixtures and a manifest with these lines added; gone after the test. */
export async function modelFolder(fixture: string, lines = ''): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'mdeploy-scenario-'));
  folders.push(folder);
  await copyFile(loadCase(fixture).modelPath, join(folder, 'model.onnx'));
  await writeFile(join(folder, 'model.yaml'), `name: model\nmodel: {path: model.onnx}\n${lines}\n`);
  return folder;
}

/** A request that keeps resnet50 busy for a while: one picture of zeros. */
export const picture = nested([1, 3, 224, 224]);

function nested([length = 0, ...rest]: readonly number[]): string {
  const item = rest.length === 0 ? '0' : nested(rest);
  return `[${new Array(length).fill(item).join(',')}]`;
}

export function predict(url: string, body: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${url}/predict`, { ...init, method: 'POST', body });
}
