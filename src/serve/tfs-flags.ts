import { resolve } from 'node:path';
import { failure } from '../core/errors/error.ts';

/** What the flags of tensorflow_model_server come to here. */
export interface TfsFlags {
  /** Undefined: no gRPC. */
  readonly grpcPort: number | undefined;
  /** Undefined: no REST. */
  readonly restPort: number | undefined;
  readonly timeoutMs: number;
  readonly cors: boolean;
  readonly anyLabels: boolean;
  /** Text format of a ModelServerConfig; undefined: the one model of `model`. */
  readonly configFile: string | undefined;
  readonly monitoringFile: string | undefined;
  readonly model: { readonly name: string; readonly basePath: string };
}

type Values = Readonly<Record<string, string | boolean | undefined>>;

/** Whether a command line is meant for tensorflow_model_server. */
export function isForTfs(values: Values): boolean {
  return Boolean(given(values, 'model_base_path') || given(values, 'model_config_file'));
}

/**
 * Reads a command line as tensorflow_model_server does. Its flags that would change something here and cannot be
 * honoured are refused.
 * @throws MdeployError `USAGE`, `FLAG_UNSUPPORTED`
 */
export function parseTfsFlags(values: Values): TfsFlags {
  for (const [flag, harmless] of Object.entries(unread)) {
    const value = given(values, flag);
    if (value === undefined || harmless.values.includes(value)) continue;
    throw failure('FLAG_UNSUPPORTED', { flag: `--${flag}`, value, reason: harmless.reason });
  }
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
    configFile: given(values, 'model_config_file'),
    monitoringFile: given(values, 'monitoring_config_file'),
    model: { name: text('model_name'), basePath: resolve(text('model_base_path')) },
  };
}

/** Refuses flags of tensorflow_model_server on a command line that is not meant for it. @throws MdeployError `USAGE` */
export function refuseTfsFlags(values: Values): void {
  const found = tfsFlagNames.find((name) => name !== 'port' && values[name] !== undefined);
  if (found === undefined) return;
  const problem = `--${found} is read together with --model_base_path or --model_config_file only.`;
  throw failure('USAGE', { problem, verb: 'serve' }, { field: `--${found}` });
}

const labelFlag = 'allow_version_labels_for_unavailable_models';

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
} as const;

interface Unread {
  /** Values that ask for what happens anyway. */
  readonly values: readonly string[];
  readonly reason: string;
}

const no = ['false', '0'];
const yes = ['true', '1'];
const oneThread = 'requests are taken by one thread and run where loading has measured it to be fastest';
const noBatching = 'batching is set with serving.batching in model.yaml';
const noWatching = 'folders and files are looked at once';
const noThreads = 'threads are set with runtime.intra_op_threads in model.yaml';

/** Flags that are known and not read. */
const unread: Readonly<Record<string, Unread>> = {
  grpc_socket_path: { values: [''], reason: 'gRPC listens on a port only' },
  grpc_max_threads: { values: [], reason: oneThread },
  grpc_channel_arguments: { values: [''], reason: 'the gRPC channel has settings of its own' },
  rest_api_num_threads: { values: [], reason: oneThread },
  enable_batching: { values: no, reason: noBatching },
  batching_parameters_file: { values: [''], reason: noBatching },
  enable_per_model_batching_parameters: { values: no, reason: noBatching },
  model_config_file_poll_wait_seconds: { values: ['0'], reason: noWatching },
  file_system_poll_wait_seconds: { values: ['0', '-1'], reason: noWatching },
  num_load_threads: { values: ['0'], reason: 'models are loaded one after the other' },
  num_unload_threads: { values: ['0'], reason: 'models are unloaded when their last request is answered' },
  max_num_load_retries: { values: ['0'], reason: 'a model that cannot be loaded ends the start' },
  load_retry_interval_micros: { values: [], reason: 'a model that cannot be loaded ends the start' },
  flush_filesystem_caches: { values: no, reason: 'the file system keeps its cache' },
  enable_model_warmup: { values: yes, reason: 'warm-up is set with serving.warmup in model.yaml' },
  num_request_iterations_for_warmup: { values: ['0'], reason: 'each warm-up request runs once' },
  ssl_config_file: { values: [''], reason: 'the ports speak plain text; put a proxy in front of them' },
  saved_model_tags: { values: ['', 'serve'], reason: 'an ONNX file holds one graph' },
  tensorflow_session_parallelism: { values: ['0'], reason: noThreads },
  tensorflow_intra_op_parallelism: { values: ['0'], reason: noThreads },
  tensorflow_inter_op_parallelism: { values: ['0'], reason: noThreads },
  per_process_gpu_memory_fraction: { values: ['0', '0.0'], reason: 'models run on the CPU' },
  enable_grpc_healthcheck_service: { values: yes, reason: 'the gRPC health service is always there' },
  enable_serialization_as_tensor_content: { values: no, reason: 'answers hold their values in typed lists' },
  enable_signature_method_name_check: { values: no, reason: 'an ONNX file has one signature' },
  prefer_tflite_model: { values: no, reason: 'models are ONNX files' },
};

const switches = ['rest_api_enable_cors_support', labelFlag];

/** Every flag of tensorflow_model_server; those that may stand without a value first. */
export const tfsSwitches: readonly string[] = [
  ...switches,
  ...Object.keys(unread).filter((name) => unread[name]!.values === no || unread[name]!.values === yes),
];
export const tfsFlagNames: readonly string[] = [
  ...new Set([...tfsSwitches, ...Object.keys(defaults), ...Object.keys(unread)]),
];

// A switch without a value is true, as in TF Serving.
function given(values: Values, name: string): string | undefined {
  const value = values[name];
  return typeof value === 'boolean' ? String(value) : value;
}

function flag(name: string, value: string): boolean {
  if (yes.includes(value)) return true;
  if (no.includes(value)) return false;
  throw usage(name, 'true or false', value);
}

function whole(name: string, value: string, highest: number): number {
  if (/^\d{1,9}$/.test(value) && Number(value) <= highest) return Number(value);
  throw usage(name, `a whole number from 0 to ${highest}`, value);
}

function usage(name: string, expected: string, received: string) {
  const problem = `--${name} takes ${expected}, not "${received}".`;
  return failure('USAGE', { problem, verb: 'serve' }, { field: `--${name}`, expected, received });
}
