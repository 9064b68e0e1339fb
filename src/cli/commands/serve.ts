import { openModel } from '../../repository/open-model.ts';
import { parseServeFlags, serveFlags } from '../../serve/flags.ts';
import { runUntilSignal } from '../../serve/run.ts';
import { replayText, smoke } from '../../serve/smoke.ts';
import type { CliCommand } from '../command.ts';

export const command: CliCommand = {
  summary: 'serve a model on this machine over HTTP',
  configure: (program) => {
    program
      .argument('[model]', 'an .onnx file, a folder with model.yaml, or a package', '.')
      .option('--port <port>', 'REST port; 0 takes any free one (default: $PORT, else 8501)')
      .option('--grpc-port <port>', 'gRPC port; without it there is no gRPC')
      .option('--host <host>', 'address to listen on (default: 127.0.0.1)')
      .option('--name <name>', "served name instead of the manifest's")
      .option('--smoke', 'start, replay the samples over HTTP, print a table, stop: exit 0 or 1')
      .option('--log-level <level>', 'silent, error, warn, info or debug (one line per request)')
      .option(
        '--drain-delay <ms>',
        'time between failing readiness and closing the port on SIGTERM',
        serveFlags['drain-delay'].default,
      )
      .addHelpText('after', examples);
  },
  run: async ([target = '.'], options, output) => {
    const values = {
      ...stringsOf(options),
      'grpc-port': stringOf(options.grpcPort),
      'log-level': stringOf(options.logLevel) ?? (options.smoke || output.quiet ? 'error' : 'info'),
      'drain-delay': stringOf(options.drainDelay),
    };
    const { name, ...flags } = parseServeFlags(values, process.env);
    const opened = await openModel(target, name === undefined ? {} : { name });
    for (const warning of opened.warnings) output.warn(warning);
    if (options.smoke) {
      if (opened.manifest.samples.length === 0)
        output.warn('The manifest has no samples: nothing will be compared.');
      const report = await smoke(opened, { ...flags, port: 0, drainDelayMs: 0 });
      output.result({ ok: report.ok, replays: report.rows }, replayText(report.rows));
      return report.ok ? 0 : 1;
    }
    return runUntilSignal(opened, flags, ({ url, grpc, engine, house }) => {
      const { name: served } = house.repository.only();
      output.note(`Serving ${served} at ${url} (${engine})`);
      output.note(`  POST ${url}/predict`);
      output.note(`  POST ${url}/v1/models/${served}:predict`);
      output.note(`  GET  ${url}/openapi.json, /metrics, /readyz`);
      if (grpc) output.note(`  gRPC ${grpc}`);
    });
  },
};

function stringsOf(options: Readonly<Record<string, unknown>>): Record<string, string | undefined> {
  return { name: stringOf(options.name), host: stringOf(options.host), port: stringOf(options.port) };
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

const examples = `
Examples:
  mdeploy serve model.onnx
  mdeploy serve ./digits --port 8080 --host 0.0.0.0
  mdeploy serve ./digits --smoke            the CI step`;
