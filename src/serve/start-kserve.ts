import { resolve } from 'node:path';
import { failure } from '../core/errors/error.ts';
import { openPlan } from '../repository/open-plan.ts';
import type { OpenedModel } from '../repository/opened-model.ts';
import { type Plan, withSettings } from '../repository/plan.ts';
import { planFolder } from '../repository/plan-folder.ts';
import { parseServeFlags } from './flags.ts';
import { grpcProtocols } from './grpc-protocols.ts';
import { type KserveFlags, mountedFolder, parseKserveFlags } from './kserve-flags.ts';
import { type CommandLine, type Start, warningsOf } from './starting.ts';

/**
 * Opens what the arguments of KServe's servers ask for. Like them, the server listens on all interfaces, on 8080 and, for
 * gRPC, on 8081.
 * @param found what was found there before; default: it is looked for
 * @returns beside the start how many processes are wished for
 * @throws MdeployError `USAGE`, `FLAG_UNSUPPORTED`, and as `planFolder` and `openPlan`
 */
export async function startKserve(
  { values, target, fallback, environment }: CommandLine,
  found?: Plan,
): Promise<Omit<Start, 'processes'> & Pick<KserveFlags, 'workers'>> {
  for (const ours of Object.keys(instead)) if (values[ours]) throw refused(ours);
  const flags = parseKserveFlags(values);
  if (flags.folder !== undefined && target !== undefined) {
    const problem = `--model_dir says what is served; leave out ${target}.`;
    throw failure('USAGE', { problem, verb: 'serve' }, { received: target });
  }
  const asked = { ...values, host: values.host ?? '0.0.0.0', port: flags.httpPort };
  const { allowChanges, ...own } = parseServeFlags(asked, {
    ...environment,
    PORT: environment.PORT || '8080',
  });
  const root = flags.folder ?? target ?? mountedFolder(environment) ?? fallback;
  const look = async () => withSettings(await planFolder(root, flags.name), settings);
  const plan = found ?? (await look());
  const models = await openPlan(plan.versions);
  const grpcPort = grpcPortOf(flags, models);
  return {
    plan,
    models,
    workers: flags.workers,
    warnings: [...flags.warnings, ...warningsOf(plan, models)],
    options: {
      ...own,
      ...(grpcPort !== undefined && { grpcPort }),
      ...(allowChanges && { changes: { plan: look, roots: [resolve(root)], ...settings } }),
    },
  };
}

// What model.yaml lists is what was meant; without it, KServe's clients ask for KServe's replies.
const settings = { speaksFirst: 'kserve' } as const;

function grpcPortOf({ isGrpcOn, grpcPort }: KserveFlags, models: readonly OpenedModel[]): number | undefined {
  if (!isGrpcOn) return undefined;
  if (grpcPort !== undefined) return Number(grpcPort);
  const { protocols } = models[0]!.manifest.serving;
  return protocols.some((name) => grpcProtocols.has(name)) ? 8081 : undefined;
}

const instead: Readonly<Record<string, string>> = {
  name: 'use --model_name instead',
  port: 'use --http_port instead',
  'grpc-port': 'use --grpc_port instead',
  processes: 'use --workers instead',
  smoke: 'serve the model folder by its path instead',
};

function refused(ours: string) {
  const problem = `--${ours} does not go with arguments of KServe's servers; ${instead[ours]}.`;
  return failure('USAGE', { problem, verb: 'serve' }, { field: `--${ours}` });
}
