import { dirname } from 'node:path';
import { failure } from '../core/errors/error.ts';
import { openPlan } from '../repository/open-plan.ts';
import type { Plan } from '../repository/plan.ts';
import { type ModelSource, planSources } from '../repository/plan-sources.ts';
import { readModelConfig, readMonitoringConfig } from './config-file.ts';
import { type FlagValues, parseServeFlags } from './flags.ts';
import { sourcesOf } from './model-config.ts';
import { type Start, warningsOf } from './starting.ts';
import { parseTfsFlags, type TfsFlags } from './tfs-flags.ts';

/**
 * Opens what flags of tensorflow_model_server ask for. Like it, the server listens on all interfaces.
 * @throws MdeployError of flags and configuration files, and as `planSources` and `openPlan`
 */
export async function startTfs(values: FlagValues, found?: Plan): Promise<Omit<Start, 'processes'>> {
  refuseOurs(values);
  const flags = parseTfsFlags(values);
  const { allowChanges, ...own } = parseServeFlags({ ...values, port: '0', host: values.host ?? '0.0.0.0' });
  const { anyLabels, cors, timeoutMs, intraOpThreads } = flags;
  const options = { anyLabels, ...(intraOpThreads && { intraOpThreads }) };
  const sources = await sourcesFrom(flags);
  const metricsPath = flags.monitoringFile && (await readMonitoringConfig(flags.monitoringFile));
  const look = () => planSources(sources, options);
  const plan = found ?? (await look());
  const models = await openPlan(plan.versions);
  const roots = sources.map(({ basePath }) => dirname(basePath));
  return {
    models,
    plan,
    warnings: [...flags.warnings, ...warningsOf(plan, models)],
    options: {
      ...own,
      port: flags.restPort,
      grpcPort: flags.grpcPort,
      timeoutMs,
      ...(plan.labels && { labels: plan.labels }),
      ...(cors && { cors }),
      ...(metricsPath && { metricsPath }),
      ...(allowChanges && { changes: { plan: look, roots, ...options } }),
    },
  };
}

async function sourcesFrom({ configFile, model }: TfsFlags): Promise<readonly ModelSource[]> {
  // As in TF Serving, a configuration file makes the flags of the one model mean nothing.
  const config = configFile
    ? await readModelConfig(configFile)
    : { modelConfigList: { config: [{ ...unset, ...model }] }, customModelConfig: undefined };
  const sources = sourcesOf(config);
  if (sources.length > 0) return sources;
  const fix = 'Write model_config_list { config { name: "m" base_path: "/models/m" } } into it.';
  throw failure('MODEL_CONFIG_INVALID', { problem: `${configFile} lists no model.`, fix });
}

const unset = {
  modelPlatform: '',
  loggingConfig: undefined,
  modelVersionPolicy: undefined,
  versionLabels: new Map<string, bigint>(),
};

function refuseOurs(values: FlagValues): void {
  for (const [ours, theirs] of [
    ['name', 'model_name'],
    ['grpc-port', 'port'],
    ['smoke', undefined],
  ] as const) {
    if (!values[ours]) continue;
    const instead = theirs ? `use --${theirs} instead` : 'serve the model folder by its path instead';
    const problem = `--${ours} does not go with flags of tensorflow_model_server; ${instead}.`;
    throw failure('USAGE', { problem, verb: 'serve' }, { field: `--${ours}` });
  }
}
