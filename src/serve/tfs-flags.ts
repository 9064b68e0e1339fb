import { resolve } from 'node:path';
import { failure } from '../core/errors/error.ts';
import type { FlagValues } from './flags.ts';
import { tfsUnreadFlags } from './tfs-unread-flags.ts';
import { no, unreadWarnings, yes } from './unread-flags.ts';

/** What the flags of tensorflow_model_server come to here. */
export interface TfsFlags {
  /** Undefined: no gRPC. */
  readonly grpcPort: number | undefined;
  /** Undefined: no REST. */
  readonly restPort: number | undefined;
  readonly timeoutMs: number;
  readonly cors: boolean;
  readonly anyLabels: boolean;
  /** Threads for one operator; undefined: as `model.yaml` says. */
  readonly intraOpThreads: number | undefined;
  /** Text format of a ModelServerConfig; undefined: the one model of `model`. */
  readonly configFile: string | undefined;
  readonly monitoringFile: string | undefined;
  readonly model: { readonly name: string; readonly basePath: string };
  /** What flags come to that concern speed or resources only and are not read. */
  readonly warnings: readonly string[];
}

/** Whether a command line is meant for tensorflow_model_server. */
export function isForTfs(values: FlagValues): boolean {
  return Boolean(given(values, 'model_base_path') || given(values, 'model_config_file'));
}

/**
 * Reads a command line as tensorflow_model_server does. Its flags that would change answers, what is served or who may
 * read it and cannot be honoured are refused.
 * @throws MdeployError `USAGE`, `FLAG_UNSUPPORTED`
 */
export function parseTfsFlags(values: FlagValues): TfsFlags {
  const warnings = unreadWarnings(tfsUnreadFlags, values);
  const text = (flag: keyof typeof defaults) => given(values, flag) ?? defaults[flag];
  const grpc = whole('port', text('port'), 65_535);
  const rest = whole('rest_api_port', text('rest_api_port'), 65_535);
  if (grpc === 0 && rest === 0) throw usage('port', 'another port than 0 where --rest_api_port is 0', '0');
  return {
    grpcPort: grpc || undefined,
    restPort: rest || undefined,
    timeoutMs: whole('rest_api_timeout_in_ms', text('rest_api_timeout_in_ms'), 3_600_000),
    cors: flag('rest_api_enable_cors_support', text('rest_api_enable_cors_support')),
    anyLabels: flag(labelFlag, text(labelFlag)),
    intraOpThreads: threads(text(intraFlag), intraFlag) ?? threads(text(sessionFlag), sessionFlag),
    configFile: given(values, 'model_config_file'),
    monitoringFile: given(values, 'monitoring_config_file'),
    model: { name: text('model_name'), basePath: resolve(text('model_base_path')) },
    warnings,
  };
}

/** Refuses flags of tensorflow_model_server on a command line that is not meant for it. @throws MdeployError `USAGE` */
export function refuseTfsFlags(values: FlagValues): void {
  const found = tfsFlagNames.find((name) => name !== 'port' && values[name] !== undefined);
  if (found === undefined) return;
  const problem = `--${found} is read together with --model_base_path or --model_config_file only.`;
  throw failure('USAGE', { problem, verb: 'serve' }, { field: `--${found}` });
}

const labelFlag = 'allow_version_labels_for_unavailable_models';
const intraFlag = 'tensorflow_intra_op_parallelism';
/** The older one, for both kinds of threads. */
const sessionFlag = 'tensorflow_session_parallelism';

/** Flags that are read, and what they are when they are left out (tensorflow/serving main.cc). */
const defaults = {
  port: '8500',
  rest_api_port: '0',
  rest_api_timeout_in_ms: '30000',
  rest_api_enable_cors_support: 'false',
  model_name: 'default',
  model_base_path: '',
  model_config_file: '',
  monitoring_config_file: '',
  [labelFlag]: 'false',
  [intraFlag]: '0',
  [sessionFlag]: '0',
} as const;

const switches = ['rest_api_enable_cors_support', labelFlag];

/** Every flag of tensorflow_model_server; those that may stand without a value first. */
export const tfsSwitches: readonly string[] = [
  ...switches,
  ...Object.keys(tfsUnreadFlags).filter((name) => tfsUnreadFlags[name]!.takes === 'switch'),
];
export const tfsFlagNames: readonly string[] = [
  ...new Set([...tfsSwitches, ...Object.keys(defaults), ...Object.keys(tfsUnreadFlags)]),
];

// A switch without a value is true, as in TF Serving.
function given(values: FlagValues, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'boolean' ? String(value) : value;
}

function flag(name: string, value: string): boolean {
  if (yes.includes(value)) return true;
  if (no.includes(value)) return false;
  throw usage(name, 'true or false', value);
}

function threads(value: string, name: string): number | undefined {
  return whole(name, value, 256) || undefined;
}

function whole(name: string, value: string, highest: number): number {
  if (/^\d{1,9}$/.test(value) && Number(value) <= highest) return Number(value);
  throw usage(name, `a whole number from 0 to ${highest}`, value);
}

function usage(name: string, expected: string, received: string) {
  const problem = `--${name} takes ${expected}, not "${received}".`;
  return failure('USAGE', { problem, verb: 'serve' }, { field: `--${name}`, expected, received });
}
