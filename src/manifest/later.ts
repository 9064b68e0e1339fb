/**
 * Settings and values of the planned format that this version does not honour. They fail with an answer of their own:
 * a setting that would be ignored is an error. Patterns are key paths with `[]` for any list position.
 */
export const laterKeys: ReadonlyMap<string, readonly string[]> = new Map([
  ['', ['version_policy', 'rollout', 'security', 'observability', 'deploy', 'pipeline']],
  ['serving', ['instances']],
]);

export const laterValues: ReadonlyMap<string, readonly string[]> = new Map([
  ['runtime.providers[]', ['cuda', 'tensorrt', 'rocm', 'openvino', 'coreml', 'dml', 'webgpu', 'qnn']],
  ['image.platforms[]', ['linux/arm/v7', 'linux/ppc64le', 'linux/s390x', 'linux/riscv64', 'windows/amd64']],
  [
    'model.format',
    [
      'pytorch',
      'torchscript',
      'saved_model',
      'keras',
      'tflite',
      'sklearn',
      'pickle',
      'xgboost',
      'lightgbm',
      'catboost',
    ],
  ],
]);

/** `['serving', 'protocols', 0]` → `serving.protocols[]`. */
export function patternOf(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? '[]' : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}
