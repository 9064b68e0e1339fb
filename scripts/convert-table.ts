// `npm run docs:convert`: converts every native fixture, and models that packages ship, with the command itself and writes the table of docs/convert.md.
// `--only sklearn` converts again only the lines whose source contains that word and keeps the others.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Conversion } from '../src/convert/convert.ts';
import { showSize } from '../src/core/units.ts';
import { type Shipped, shipped, shippedArguments, shippedPath } from '../test/heavy/shipped.ts';

const root = join(import.meta.dirname, '..');
const page = join(root, 'docs/convert.md');
const run = promisify(execFile);

const digits = "--input 'image:FP32[batch,1,8,8]' --output logits";
const text = "--input 'tokens:INT64[batch,sequence]' --output logits --output vector";
const sklearn = [
  'breast_cancer_rf',
  'credit_columns',
  'diabetes_gbr',
  'diabetes_linear',
  'digits_kmeans',
  'iris_logreg',
];
const sources: readonly (readonly [string, string])[] = [
  ...[...sklearn, 'text_sentiment_en', 'wine_svc_pipeline'].map(
    (name) => [`sklearn/${name}/model.pkl`, ''] as const,
  ),
  ['sklearn/wine_svc_pipeline/model.joblib', ''],
  ['boosted/xgb_breast_cancer/model.json', ''],
  ['boosted/xgb_breast_cancer/model.ubj', ''],
  ['boosted/lgbm_diabetes/model.txt', ''],
  ['boosted/catboost_iris/model.cbm', ''],
  ['boosted/catboost_iris/model.onnx', ''],
  ['sklearn/iris_logreg/model_zipmap.onnx', ''],
  ['torch/digits_cnn/model_traced.pt', digits],
  ['torch/digits_cnn/model_scripted.pt', digits],
  ['torch/digits_cnn/model.pt2', '--output logits'],
  ['torch/digits_cnn/weights.pth', `--entry model_def.py:DigitsCNN ${digits}`],
  ['torch/text_lstm/model_traced.pt', text],
  ['torch/text_lstm/model_scripted.pt', text],
  ['torch/text_lstm/weights.pth', `--entry model_def.py:TextLSTM ${text}`],
  ...['saved_model', 'model.keras', 'model.h5', 'model.tflite'].flatMap((file) => [
    [`tf/digits_cnn/${file}`, ''] as const,
    [`tf/two_in_two_out/${file}`, ''] as const,
  ]),
  ['tf/digits_cnn/model_int8.tflite', ''],
  ...shipped.map((model) => [sourceOf(model), model.flags] as const),
];

const only = process.argv[process.argv.indexOf('--only') + 1];
const isWanted = (source: string) => !process.argv.includes('--only') || source.includes(only ?? '');
const before = await readFile(page, 'utf8');
const lines = new Map(
  [...before.matchAll(/^\| .*\| `([^`]+)` \|.*$/gm)].map(([line, source]) => [source!, line]),
);
const work = await mkdtemp(join(tmpdir(), 'mdeploy-table-'));
try {
  for (const [index, [source, flags]] of sources.entries()) {
    if (!isWanted(source)) continue;
    lines.set(source, row(await convert(source, flags, join(work, String(index))), source, flags));
    process.stdout.write(`${lines.get(source)}\n`);
    await writeTable();
  }
} finally {
  await rm(work, { recursive: true, force: true });
}

function sourceOf({ package: requirement, file }: Shipped): string {
  return `${requirement.replace('==', ' ')}: ${file}`;
}

interface Measured extends Conversion {
  /** Of the tool and everything it started: the same on a busy machine. */
  readonly cpuSeconds: number;
}

async function convert(source: string, flags: string, out: string): Promise<Measured> {
  const other = shipped.find((model) => sourceOf(model) === source);
  const file = other ? await shippedPath(other) : join(root, 'test/fixtures', source);
  const words = other
    ? shippedArguments(other)
    : [...flags.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
  const main = join(root, 'src/cli/main.ts');
  // A definition lies beside the weights.
  const args = [main, 'convert', file, '-o', out, '--json', ...words].map((word) =>
    word.startsWith('model_def.py:') ? join(file, '..', word) : word,
  );
  const timed = 'TIMEFORMAT="cpu %U %S"; time "$@"';
  const { stdout, stderr } = await run('bash', ['-c', timed, 'bash', process.execPath, ...args], {
    cwd: root,
    maxBuffer: 64 * 1024 * 1024,
  });
  const [, user, system] = /^cpu ([\d.]+) ([\d.]+)$/m.exec(stderr) ?? [];
  return { ...(JSON.parse(stdout) as Conversion), cpuSeconds: Number(user) + Number(system) };
}

function row(
  { what, seconds, cpuSeconds, environment, peakBytes, parity }: Measured,
  source: string,
  flags: string,
): string {
  const top1 = parity.outputs.map((output) => output.top1).filter((share) => share !== null);
  const cells = [
    what.replace(/^an? /, ''),
    `\`${source}\``,
    flags === '' ? '' : `\`${flags.replaceAll('|', '\\|')}\``,
    seconds.toFixed(1),
    cpuSeconds.toFixed(1),
    showSize(peakBytes),
    `${environment.name} ${showSize(environment.bytes)}, ${environment.seconds.toFixed(0)} s`,
    Math.max(...parity.outputs.map((output) => output.max_abs)).toExponential(1),
    top1.length === 0 ? '' : `${100 * Math.min(...top1)}%`,
  ];
  return `| ${cells.join(' | ')} |`;
}

async function writeTable(): Promise<void> {
  const text = await readFile(page, 'utf8');
  const head = [
    '| Format | Source | Flags | s | CPU s | Peak memory | Environment: size, time to make | Max. error | Top-1 |',
    '| --- | --- | --- | --- | --- | --- | --- | --- | --- |',
  ];
  const rows = sources.flatMap(([source]) => lines.get(source) ?? []);
  const table = `<!-- table -->\n\n${[...head, ...rows].join('\n')}\n\n<!-- /table -->`;
  await writeFile(
    page,
    text.replace(/<!-- table -->[\s\S]*<!-- \/table -->/, () => table),
  );
}
