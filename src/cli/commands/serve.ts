import { Option } from 'commander';
import type { Announcement } from '../../serve/announcement.ts';
import { serveFlags } from '../../serve/flags.ts';
import { kserveFlagNames } from '../../serve/kserve-flags.ts';
import { run } from '../../serve/run.ts';
import { replayText, smoke } from '../../serve/smoke.ts';
import { startOf } from '../../serve/start.ts';
import { tfsFlagNames, tfsSwitches } from '../../serve/tfs-flags.ts';
import type { CliCommand } from '../command.ts';
import type { Output } from '../output.ts';

export const command: CliCommand = {
  summary: 'serve a model on this machine over HTTP',
  configure: (program) => {
    program
      .argument('[model]', 'an .onnx file, a folder with model.yaml, a package, or a folder of these', '.')
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
      .option(
        '--processes <n>',
        'processes that share the ports: a number, or auto for one per core (default: 1)',
      )
      .option('--allow-repository-changes', 'clients may load and unload models; off: they are refused')
      .addHelpText('after', examples);
    for (const name of otherFlagNames.filter((known) => known !== 'port')) {
      const value = tfsSwitches.includes(name) ? '[value]' : '<value>';
      program.addOption(new Option(`--${name} ${value}`).hideHelp());
    }
  },
  run: async ([target], options, output) => {
    const values = {
      ...stringsOf(options),
      smoke: options.smoke === true,
      'grpc-port': stringOf(options.grpcPort),
      'log-level': stringOf(options.logLevel) ?? (options.smoke || output.quiet ? 'error' : 'info'),
      'drain-delay': stringOf(options.drainDelay),
      'allow-repository-changes': options.allowRepositoryChanges === true,
      processes: stringOf(options.processes),
    };
    const line = { values, target, fallback: '.', environment: { ...process.env } };
    const start = await startOf(line);
    for (const warning of start.warnings) output.warn(warning);
    if (!options.smoke) return run(start, line, false, (announcement) => tell(announcement, output));
    const report = await smoke(start.models, { ...start.options, port: 0, drainDelayMs: 0 });
    if (report.rows.length === 0) output.warn('There are no samples: nothing was compared.');
    output.result({ ok: report.ok, replays: report.rows }, replayText(report.rows));
    return report.ok ? 0 : 1;
  },
};

function tell({ url, grpc, engine, models }: Announcement, output: Output): void {
  const [first] = models;
  if (models.length === 1 && first) {
    output.note(`Serving ${first.name}${url && ` at ${url}`} (${engine})`);
    if (url) output.note(`  POST ${url}/predict`);
    if (url) output.note(`  POST ${url}/v1/models/${first.name}:predict`);
  } else {
    output.note(`Serving ${models.length} models${url && ` at ${url}`}`);
    for (const { name, version } of models)
      output.note(
        url ? `  POST ${url}/v1/models/${name}/versions/${version}:predict` : `  ${name} ${version}`,
      );
  }
  if (url) output.note(`  GET  ${url}/openapi.json, /metrics, /readyz`);
  if (grpc) output.note(`  gRPC ${grpc}`);
}

function stringsOf(options: Readonly<Record<string, unknown>>): Record<string, string | boolean | undefined> {
  const others = otherFlagNames.map((name) => {
    const value = options[name.replace(/-./g, (pair) => pair.slice(1).toUpperCase())];
    return [name, value === true ? true : stringOf(value)];
  });
  return { ...Object.fromEntries(others), name: stringOf(options.name), host: stringOf(options.host) };
}

function stringOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Flags of TensorFlow Serving and KServe, which are not in the help. */
const otherFlagNames = [...tfsFlagNames, ...kserveFlagNames];

const examples = `
Examples:
  mdeploy serve model.onnx
  mdeploy serve ./digits --port 8080 --host 0.0.0.0
  mdeploy serve ./digits --smoke            the CI step
  mdeploy serve ./models                    every model and version below
  mdeploy serve --model_base_path=/models/m --model_name=m --port=8500 --rest_api_port=8501
                                            as tensorflow_model_server; docs/protocols.md lists its flags
  mdeploy serve --model_name=m --model_dir=/mnt/models --http_port=8080
                                            as KServe's servers`;
