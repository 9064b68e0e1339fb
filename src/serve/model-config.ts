import { failure, type MdeployError } from '../core/errors/error.ts';
import { grammars } from '../core/names.ts';
import type { ModelSource, VersionPolicy } from '../repository/plan-sources.ts';
import type {
  ModelConfig,
  ModelServerConfig,
  ServableVersionPolicy,
} from './proto/tensorflow-serving.gen.ts';

/**
 * What a ModelServerConfig asks to be served, from a file or a request, with TF Serving's words for what is wrong with it.
 * @throws MdeployError `MODEL_CONFIG_INVALID`
 */
export function sourcesOf({ modelConfigList, customModelConfig }: ModelServerConfig): readonly ModelSource[] {
  if (customModelConfig !== undefined)
    throw wrong('custom_model_config is not read.', 'Use model_config_list.');
  const names = new Set<string>();
  return (modelConfigList?.config ?? []).map((config) => {
    const source = sourceOf(config);
    if (names.has(source.name))
      throw wrong(`Illegal to list model ${source.name} multiple times in config list`, 'List it once.');
    names.add(source.name);
    return source;
  });
}

function sourceOf(config: ModelConfig): ModelSource {
  const { name, basePath, modelPlatform, loggingConfig, modelVersionPolicy, versionLabels } = config;
  if (!grammars.modelName.test(name))
    throw wrong(`The model name "${name}" is not one.`, 'Use letters, digits and . _ - (128 at most).');
  if (!basePath.startsWith('/')) {
    const problem = `Expected model ${name} to have an absolute path or URI; got base_path()=${basePath}`;
    throw wrong(problem, 'Name a folder of this machine from / on.');
  }
  if (!platforms.includes(modelPlatform))
    throw wrong(
      `Model ${name} has the platform "${modelPlatform}".`,
      'Use "tensorflow" or "onnx"; the files are ONNX.',
    );
  if (loggingConfig !== undefined)
    throw wrong(`Model ${name} has a logging_config, and requests are not logged.`, 'Leave it out.');
  for (const label of versionLabels.keys()) {
    if (!grammars.label.test(label))
      throw wrong(
        `The label "${label}" of model ${name} is not one.`,
        'Use letters, digits and _ (64 at most).',
      );
  }
  return {
    name,
    basePath,
    policy: policyOf(name, modelVersionPolicy),
    labels: new Map([...versionLabels].map(([label, version]) => [label, String(version)])),
  };
}

/** What existing configurations say, and what is true. */
const platforms = ['', 'tensorflow', 'onnx'];

function policyOf(name: string, policy: ServableVersionPolicy | undefined): VersionPolicy {
  if (policy?.all !== undefined) return { all: true };
  if (policy?.specific === undefined) {
    const latest = policy?.latest?.numVersions || 1;
    return { latest };
  }
  const specific = Array.from(policy.specific.versions, String);
  if (specific.length > 0 && new Set(specific).size === specific.length) return { specific };
  throw wrong(`The specific versions of model ${name} are none, or one of them twice.`, 'List each once.');
}

function wrong(problem: string, fix: string): MdeployError {
  return failure('MODEL_CONFIG_INVALID', { problem, fix });
}
