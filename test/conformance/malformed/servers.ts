import { type ChildProcess, spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadCase } from '../../fixtures.ts';
import type { ServerName } from './entries.ts';
import { typeModels } from './type-faults.ts';

export interface Started {
  readonly child: ChildProcess;
  readonly port: number;
  /** `host:port` */
  readonly grpc: string;
  /** All that it has logged as an error. */
  readonly errors: string[];
}

const root = join(import.meta.dirname, '../../..');
const protocols: Readonly<Record<ServerName, string>> = {
  all: '[plain, tfs, v2, torchserve, sagemaker, vertex]',
  others: '[kserve, mlflow, sagemaker, v2]',
  types: '[plain, tfs, v2, torchserve]',
};

const children: ChildProcess[] = [];

/** The three servers, each the process that an image runs, with bodies up to 1 MiB; two of them may be changed by clients. */
export async function startServers(): Promise<{
  readonly servers: Readonly<Record<ServerName, Started>>;
  stop(): Promise<void>;
}> {
  const folder = await mkdtemp(join(tmpdir(), 'mdeploy-malformed-'));
  const iris = async (name: ServerName) => {
    await modelFolder(join(folder, name), 'iris', 'sklearn/iris_logreg', protocols[name]);
    return start(join(folder, name), name);
  };
  const types = async () => {
    for (const [name, fixture] of Object.entries(typeModels))
      await modelFolder(join(folder, 'types', name), name, fixture, protocols.types);
    return start(join(folder, 'types'), 'types');
  };
  const stop = async () => {
    await Promise.all(children.splice(0).map(end));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const [all, others, third] = await Promise.all([iris('all'), iris('others'), types()]);
    return { servers: { all, others, types: third }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function modelFolder(folder: string, name: string, fixture: string, list: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await copyFile(loadCase(fixture).modelPath, join(folder, 'model.onnx'));
  const serving = `serving: {protocols: ${list}, max_body_size: 1MiB}`;
  await writeFile(join(folder, 'model.yaml'), `name: ${name}\nmodel: {path: model.onnx}\n${serving}\n`);
}

async function start(folder: string, name: ServerName): Promise<Started> {
  const changes = name === 'all' ? [] : ['--allow-repository-changes'];
  const flags = '--host 127.0.0.1 --port 0 --grpc-port 0 --drain-delay 0'.split(' ');
  const args = ['src/serve/main.ts', folder, ...flags, ...changes];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  const errors: string[] = [];
  let told = '';
  return new Promise((resolve, reject) => {
    child.once('exit', (code, signal) =>
      reject(new Error(`the server ended with ${code ?? signal}: ${told}`)),
    );
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      told += text;
      errors.push(text);
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n')) {
        if (line.includes('"level":"error"')) errors.push(line);
        if (!line.includes('"msg":"ready"')) continue;
        const { url, grpc } = JSON.parse(line) as { url: string; grpc: string };
        resolve({ child, grpc, port: Number(new URL(url).port), errors });
      }
    });
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  await ended;
}
