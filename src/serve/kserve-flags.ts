import { failure } from '../core/errors/error.ts';
import { grammars } from '../core/names.ts';
import type { FlagValues } from './flags.ts';
import type { Environment } from './platform.ts';
import { no, type UnreadFlags, unreadWarnings, yes } from './unread-flags.ts';

/** What the arguments of KServe's model servers come to here. */
export interface KserveFlags {
  /** Undefined: as the platform says, else 8080. */
  readonly httpPort: string | undefined;
  /** Undefined: none was named; a model that speaks over gRPC then gets KServe's own. */
  readonly grpcPort: string | undefined;
  readonly isGrpcOn: boolean;
  readonly workers: string | undefined;
  /** Undefined: the manifest's. */
  readonly name: string | undefined;
  /** Undefined: none was named. */
  readonly folder: string | undefined;
  /** What flags come to that concern speed or resources only and are not read. */
  readonly warnings: readonly string[];
}

/** Whether a command line is meant for KServe's model servers. `--model_name` alone may be TensorFlow Serving's, too. */
export function isForKserve(values: FlagValues): boolean {
  return kserveFlagNames.some((name) => values[name] !== undefined);
}

/**
 * Reads a command line as the servers of KServe's Python SDK do (`model_server.py`), with the `--model_dir` of its runtimes.
 * @throws MdeployError `USAGE`, `FLAG_UNSUPPORTED`
 */
export function parseKserveFlags(values: FlagValues): KserveFlags {
  const warnings = unreadWarnings(unread, values);
  const text = (name: string) => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  const name = text('model_name');
  if (name !== undefined && !grammars.modelName.test(name))
    throw wrong('model_name', 'letters, digits and . _ - (128 at most)', name);
  const grpc = text('enable_grpc')?.toLowerCase() ?? 'true';
  if (![...no, ...yes].includes(grpc)) throw wrong('enable_grpc', 'true or false', grpc);
  return {
    httpPort: port('http_port', text('http_port')),
    grpcPort: port('grpc_port', text('grpc_port')),
    isGrpcOn: yes.includes(grpc),
    workers: whole('workers', text('workers'), 1, 64),
    name,
    folder: text('model_dir') || undefined,
    warnings,
  };
}

/** Refuses KServe's arguments on a command line that is meant for tensorflow_model_server. @throws MdeployError `USAGE` */
export function refuseKserveFlags(values: FlagValues): void {
  const found = kserveFlagNames.find((name) => values[name] !== undefined);
  if (found === undefined) return;
  const problem = `--${found} is an argument of KServe's servers and does not go with flags of tensorflow_model_server.`;
  throw failure('USAGE', { problem, verb: 'serve' }, { field: `--${found}` });
}

/** Where KServe's storage initializer puts models. */
const mounted = '/mnt/models';

/**
 * Folder of the model that KServe has mounted for a container of the user's own: it sets `STORAGE_URI`, which names the
 * model's origin in the InferenceService, to the place where the model is.
 */
export function mountedFolder({ STORAGE_URI }: Environment): string | undefined {
  return STORAGE_URI === mounted ? mounted : undefined;
}

const threads = 'each process takes requests on one thread; --workers starts more of them';
const predictor = 'this server has the model itself and asks no predictor';
const log = 'the log is JSON, a document a line; --log-level sets how much of it';
const size = 'bodies and messages may have serving.max_body_size of model.yaml';

/** `silent` has KServe's defaults. The predictor's flags mean nothing without `predictor_host`, in KServe, too. */
const unread: UnreadFlags = {
  max_threads: { takes: 'whole', silent: ['4'], instead: threads },
  max_asyncio_workers: { takes: 'whole', silent: [], instead: threads },
  'timeout-keep-alive': { takes: 'whole', silent: ['65'], instead: 'idle connections are kept for 65 s' },
  'event-loop': { takes: 'text', silent: ['auto'], instead: 'there is one kind of event loop' },
  grpc_max_send_message_length: { takes: 'whole', silent: ['8388608', '-1'], instead: size },
  grpc_max_receive_message_length: { takes: 'whole', silent: ['8388608'], instead: size },
  enable_docs_url: { takes: 'switch', silent: no, instead: 'GET /openapi.json describes every path' },
  enable_latency_logging: { takes: 'switch', silent: [...no, ...yes] },
  configure_logging: { takes: 'switch', silent: yes, instead: log },
  log_config_file: { takes: 'text', silent: [''], instead: log },
  access_log_format: { takes: 'text', silent: [''], instead: log },
  protocol: { takes: 'text', silent: ['v1', 'v2', 'grpc-v2'], refused: 'KServe has v1, v2 and grpc-v2' },
  predictor_protocol: {
    takes: 'text',
    silent: ['v1', 'v2', 'grpc-v2'],
    refused: 'KServe has v1, v2 and grpc-v2',
  },
  predictor_request_timeout_seconds: { takes: 'whole', silent: ['600'], instead: predictor },
  predictor_request_retries: { takes: 'whole', silent: ['0'], instead: predictor },
  predictor_use_ssl: { takes: 'switch', silent: no, instead: predictor },
  predictor_host: { takes: 'text', silent: [''], refused: predictor },
  ssl_certfile: {
    takes: 'text',
    silent: [''],
    refused: 'the ports speak plain text; put a proxy in front of them',
  },
  ssl_keyfile: {
    takes: 'text',
    silent: [''],
    refused: 'the ports speak plain text; put a proxy in front of them',
  },
};

/** Every argument of KServe's servers but `model_name`, which TensorFlow Serving has, too. */
export const kserveFlagNames: readonly string[] = [
  ...['model_dir', 'http_port', 'grpc_port', 'enable_grpc', 'workers'],
  ...Object.keys(unread),
];

function port(name: string, value: string | undefined): string | undefined {
  return whole(name, value, 0, 65_535);
}

function whole(name: string, value: string | undefined, lowest: number, highest: number): string | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value) && Number(value) >= lowest && Number(value) <= highest) return value;
  throw wrong(name, `a whole number from ${lowest} to ${highest}`, value);
}

function wrong(name: string, expected: string, received: string) {
  const problem = `--${name} takes ${expected}, not "${received}".`;
  return failure('USAGE', { problem, verb: 'serve' }, { field: `--${name}`, expected, received });
}
