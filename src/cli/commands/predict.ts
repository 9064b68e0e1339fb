import { failure } from '../../core/errors/error.ts';
import { onInterrupt } from '../../core/interrupt.ts';
import { predict, type Question } from '../../predict/predict.ts';
import { type Server, server } from '../../predict/server.ts';
import { answerTable, parseAnswer } from '../../predict/table.ts';
import type { CliCommand } from '../command.ts';

interface Flags {
  readonly input?: string;
  readonly format?: string;
  readonly url?: string;
  readonly model?: string;
  readonly timeoutMs: number;
}

export const command: CliCommand = {
  summary: 'ask a running server, or run a model here, for one prediction',
  configure: (program) => {
    program
      .argument('[model]', 'run this model here: a folder with model.yaml, an .onnx file, or a package')
      .option(
        '-i, --input <input>',
        'a .json, .npy, .npz, .csv or picture file, - for standard input, or JSON itself',
      )
      .option('--format <name>', 'read the input as json, npy, npz, csv or image, whatever its name')
      .option('--url <url>', 'ask the server at this address (default: http://127.0.0.1:8501)', toUrl)
      .option('--model <name>', 'ask for this model by name, over the REST API of TF Serving')
      .option('--timeout-ms <n>', 'time for the answer', toMilliseconds, 30_000)
      .addHelpText('after', examples);
  },
  run: async ([target], options, output) => {
    const { input, format, url, model, timeoutMs } = options as unknown as Flags;
    if (input === undefined) throw usage('Nothing to predict: --input is missing.');
    if (target !== undefined && (url !== undefined || model !== undefined)) {
      throw usage('Give either a MODEL to run here, or the --url and --model of a server.');
    }
    const question: Question = { input, ...(format !== undefined && { format }) };
    const asked = (target: Server) => predict(question, target, model !== undefined);
    const remote = () =>
      server({ url: url ?? 'http://127.0.0.1:8501', timeoutMs, ...(model !== undefined && { model }) });
    const answer =
      target === undefined
        ? await asked(remote())
        : await output.step(`Loading ${target}`, () => here(target, timeoutMs, asked));
    const parsed = parseAnswer(answer);
    output.result({ answer: parsed }, answerTable(parsed));
    return 0;
  },
};

// The model runs behind the very server that `serve` starts, on a free loopback port: the same road, the same answer.
// Both are loaded here: asking a server over the network needs neither.
async function here<T>(target: string, timeoutMs: number, ask: (server: Server) => Promise<T>): Promise<T> {
  const [{ openModel }, { serve }] = await Promise.all([
    import('../../repository/open-model.ts'),
    import('../../serve/serve.ts'),
  ]);
  const opened = await openModel(target);
  const { serving } = opened.manifest;
  const manifest = {
    ...opened.manifest,
    serving: { ...serving, protocols: ['plain', 'tfs'], warmup: 'none' as const },
  };
  const running = await serve(
    { ...opened, manifest },
    { host: '127.0.0.1', port: 0, logLevel: 'silent', drainDelayMs: 0 },
  );
  const forget = onInterrupt(async () => void (await running.stop()));
  try {
    return await ask(server({ url: running.url, timeoutMs }));
  } finally {
    forget();
    await running.stop();
  }
}

function toUrl(text: string): string {
  if (URL.canParse(text) && /^https?:/.test(text)) return text;
  throw usage(`--url must be an address such as http://127.0.0.1:8501, not "${text}".`);
}

function toMilliseconds(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 86_400_000) return value;
  throw usage(`--timeout-ms must be a whole number from 1 to 86400000, not "${text}".`);
}

function usage(problem: string) {
  return failure('USAGE', { problem, verb: 'predict' });
}

const examples = `
Examples:
  mdeploy predict --input '{"features": [5.1, 3.5, 1.4, 0.2]}'
  mdeploy predict --url http://127.0.0.1:8501 --model iris --input rows.csv
  mdeploy predict ./digits --input digit.png
  cat request.json | mdeploy predict model.onnx --input - --json`;
