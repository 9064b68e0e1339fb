// The message classes that tensorflow-serving-api needs of TensorFlow, without the gigabytes round them.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './command.ts';
import { ensureVenv, type Venv } from './python.ts';

const version = '2.21.0';

/** An environment with TensorFlow Serving's own stubs. They find `tensorflow.core…` there, and nothing else of it. */
export async function ensureServingStubs(): Promise<Venv> {
  const stubs = `tensorflow-serving-api==${version}`;
  return ensureVenv('tensorflow-serving', ['numpy', 'grpcio', 'grpcio-reflection', 'protobuf'], {
    wish: [stubs],
    finish: async ({ folder, python }) => {
      const wheels = join(folder, 'wheels');
      const pip = (...args: string[]) =>
        runCommand(python, ['-m', 'pip', ...args, '--quiet', '--disable-pip-version-check', '--no-deps'], {
          timeoutMs: 1_200_000,
        });
      await pip('install', stubs);
      // The lean wheel exists for x86 only.
      const wheel = process.arch === 'x64' ? 'tensorflow-cpu' : 'tensorflow';
      await pip('download', '--dest', wheels, `${wheel}==${version}`);
      await runCommand(python, ['-c', extract, wheels], { timeoutMs: 300_000 });
      await rm(wheels, { recursive: true });
    },
  });
}

const extract = `
import glob, re, sys, sysconfig, zipfile
with zipfile.ZipFile(glob.glob(sys.argv[1] + '/*.whl')[0]) as wheel:
    for name in wheel.namelist():
        if re.match(r'tensorflow/(core|compiler|python|tsl)/.*_pb2\\.py$', name):
            wheel.extract(name, sysconfig.get_path('purelib'))
`;
