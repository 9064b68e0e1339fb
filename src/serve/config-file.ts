import { readFile } from 'node:fs/promises';
import { failure } from '../core/errors/error.ts';
import { reasonOf } from '../core/files.ts';
import { nearest } from '../core/suggest.ts';
import type {
  ModelConfig,
  ModelServerConfig,
  ServableVersionPolicy,
} from './proto/tensorflow-serving.gen.ts';
import { parseTextFormat, TextFault, type TextField, type TextMessage } from './protobuf/text-format.ts';

/**
 * Reads `--model_config_file`: a ModelServerConfig in text format.
 * @throws MdeployError `FILE_UNREADABLE`, `CONFIG_FILE_INVALID` with line and column
 */
export function readModelConfig(file: string): Promise<ModelServerConfig> {
  return readConfig(file, 'ModelServerConfig', (root) => {
    const { model_config_list } = take(root, { model_config_list: optional(message) });
    if (!model_config_list) return { modelConfigList: undefined, customModelConfig: undefined };
    const { config } = take(model_config_list, { config: repeated(message) });
    return { modelConfigList: { config: config.map(modelConfig) }, customModelConfig: undefined };
  });
}

/**
 * Reads `--monitoring_config_file`: a MonitoringConfig in text format.
 * @returns the path of the metrics; undefined when they are off
 * @throws MdeployError `FILE_UNREADABLE`, `CONFIG_FILE_INVALID` with line and column
 */
export function readMonitoringConfig(file: string): Promise<string | undefined> {
  return readConfig(file, 'MonitoringConfig', (root) => {
    const { prometheus_config } = take(root, { prometheus_config: optional(message) });
    if (!prometheus_config) return undefined;
    const { enable, path } = take(prometheus_config, { enable: optional(bool), path: optional(urlPath) });
    return enable === true ? (path ?? '/monitoring/prometheus/metrics') : undefined;
  });
}

async function readConfig<T>(file: string, what: string, read: (root: TextMessage) => T): Promise<T> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw failure('FILE_UNREADABLE', { file, reason: reasonOf(error) }, { at: { file }, cause: error });
  }
  try {
    return read(parseTextFormat(text));
  } catch (error) {
    if (!(error instanceof TextFault)) throw error;
    const { line, column } = error;
    const reason = `line ${line}, column ${column}: ${error.message}`;
    throw failure('CONFIG_FILE_INVALID', { file, what, reason }, { at: { file, line, column } });
  }
}

function modelConfig(config: TextMessage): ModelConfig {
  const { name, base_path, model_platform, model_type, model_version_policy, version_labels } = take(config, {
    name: optional(string),
    base_path: optional(string),
    model_platform: optional(string),
    model_type: optional(word),
    model_version_policy: optional(message),
    version_labels: repeated(message),
  });
  return {
    name: name ?? '',
    basePath: base_path ?? '',
    // The deprecated field says the same in numbers and capitals.
    modelPlatform: model_platform ?? (model_type === '1' || model_type === 'TENSORFLOW' ? 'tensorflow' : ''),
    loggingConfig: undefined,
    modelVersionPolicy: model_version_policy && versionPolicy(model_version_policy),
    versionLabels: new Map(
      version_labels.map((entry) => {
        const { key, value } = take(entry, { key: optional(string), value: optional(int64) });
        return [key ?? '', value ?? 0n];
      }),
    ),
  };
}

function versionPolicy(policy: TextMessage): ServableVersionPolicy {
  const { latest, all, specific } = take(policy, {
    latest: optional(message),
    all: optional(message),
    specific: optional(message),
  });
  const [first, second] = policy.fields;
  if (first && second)
    throw at(second, `only one of latest, all and specific can hold, and "${first.name}" is there`);
  if (all) take(all, {});
  return {
    latest: latest && {
      numVersions: Number(take(latest, { num_versions: optional(uint32) }).num_versions ?? 1n),
    },
    all: all && {},
    specific: specific && {
      versions: BigInt64Array.from(take(specific, { versions: repeated(int64) }).versions),
    },
  };
}

type Reader<T> = (field: TextField) => T;
type Cardinality<T> = (fields: readonly TextField[]) => T;

/** The fields of a message by name; one that is not among `readers` is refused. @throws TextFault */
function take<R extends Readonly<Record<string, Cardinality<unknown>>>>(
  { fields }: TextMessage,
  readers: R,
): { [K in keyof R]: ReturnType<R[K]> } {
  const names = Object.keys(readers);
  for (const field of fields) {
    if (names.includes(field.name)) continue;
    const near = nearest(field.name, names);
    const hint = near === undefined ? `known are: ${names.join(', ') || 'none'}` : `did you mean "${near}"?`;
    throw at(field, `the field "${field.name}" is not read here (${hint})`);
  }
  const entries = names.map((name) => [name, readers[name]!(fields.filter((field) => field.name === name))]);
  return Object.fromEntries(entries) as { [K in keyof R]: ReturnType<R[K]> };
}

function optional<T>(read: Reader<T>): Cardinality<T | undefined> {
  return ([first, second]) => {
    if (second) throw at(second, `"${second.name}" is written twice`);
    return first && read(first);
  };
}

function repeated<T>(read: Reader<T>): Cardinality<readonly T[]> {
  return (fields) => fields.map(read);
}

const message: Reader<TextMessage> = (field) => {
  if (field.value.kind === 'message') return field.value.message;
  throw at(field, `"${field.name}" takes a message in braces`);
};

const string: Reader<string> = (field) => {
  if (field.value.kind === 'string') return field.value.text;
  throw at(field, `"${field.name}" takes a string in quotes`);
};

const word: Reader<string> = (field) => {
  if (field.value.kind === 'word') return field.value.text;
  throw at(field, `"${field.name}" takes a name or a number`);
};

const bool: Reader<boolean> = (field) => {
  const given = word(field);
  if (/^(?:true|True|t|1)$/.test(given)) return true;
  if (/^(?:false|False|f|0)$/.test(given)) return false;
  throw at(field, `"${field.name}" takes true or false, not ${given}`);
};

const urlPath: Reader<string> = (field) => {
  const given = string(field);
  if (/^\/[\w./-]{1,200}$/.test(given)) return given;
  throw at(field, `"${field.name}" takes a path such as "/metrics/tf", not "${given}"`);
};

const int64 = integer(2n ** 63n - 1n);
const uint32 = integer(2n ** 32n - 1n);

function integer(highest: bigint): Reader<bigint> {
  return (field) => {
    const given = word(field);
    const value = /^\d{1,20}$/.test(given) ? BigInt(given) : -1n;
    if (value >= 0n && value <= highest) return value;
    throw at(field, `"${field.name}" takes a whole number from 0 to ${highest}, not ${given}`);
  };
}

function at(field: TextField, reason: string): TextFault {
  return new TextFault(reason, field);
}
