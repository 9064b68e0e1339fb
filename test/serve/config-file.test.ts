import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readModelConfig, readMonitoringConfig } from '../../src/serve/config-file.ts';
import { sourcesOf } from '../../src/serve/model-config.ts';
import { folderWith } from '../repository/folders.ts';

async function file(text: string): Promise<string> {
  return join(await folderWith({ 'models.config': text }), 'models.config');
}

const sources = async (text: string) => sourcesOf(await readModelConfig(await file(text)));
const one = (inside: string) => `model_config_list { config { name: "m" base_path: "/models/m" ${inside} } }`;

describe('a model config file', () => {
  it('is read as TF Serving documents it', async () => {
    const text = `
      model_config_list {
        config {
          name: 'my_first_model'
          base_path: '/tmp/my_first_model/'
          model_platform: 'tensorflow'
        }
        config {
          name: 'my_second_model'
          base_path: '/tmp/my_second_model/'
          model_platform: 'tensorflow'
          model_version_policy { specific { versions: 42 versions: 43 } }
          version_labels { key: 'stable' value: 43 }
          version_labels { key: 'canary' value: 42 }
        }
      }`;
    expect(await sources(text)).toEqual([
      { name: 'my_first_model', basePath: '/tmp/my_first_model/', policy: { latest: 1 }, labels: new Map() },
      {
        name: 'my_second_model',
        basePath: '/tmp/my_second_model/',
        policy: { specific: ['42', '43'] },
        labels: new Map([
          ['stable', '43'],
          ['canary', '42'],
        ]),
      },
    ]);
  });

  it.each([
    ['model_version_policy { latest { num_versions: 3 } }', { latest: 3 }],
    ['model_version_policy { latest {} }', { latest: 1 }],
    ['model_version_policy {}', { latest: 1 }],
    ['model_version_policy: < all: {} >', { all: true }],
    [
      'model_version_policy { specific { versions: [1, 9223372036854775807] } }',
      { specific: ['1', '9223372036854775807'] },
    ],
    ['model_type: TENSORFLOW', { latest: 1 }],
    ['model_platform: "onnx"', { latest: 1 }],
  ])('%s', async (inside, policy) => {
    expect((await sources(one(inside)))[0]).toMatchObject({ name: 'm', policy });
  });

  it('that lists nothing gives nothing', async () => {
    expect(await sources('')).toEqual([]);
    expect(await sources('model_config_list {}')).toEqual([]);
  });

  it.each([
    [
      'model_config_lst {}',
      'line 1, column 1: the field "model_config_lst" is not read here (did you mean "model_config_list"?)',
    ],
    ['model_config_list {} model_config_list {}', 'line 1, column 22: "model_config_list" is written twice'],
    ['model_config_list: 1', 'line 1, column 1: "model_config_list" takes a message in braces'],
    [one('logging_config {}'), 'the field "logging_config" is not read here'],
    ['model_config_list { config { name: m } }', '"name" takes a string in quotes'],
    [
      one('model_version_policy { all {} latest {} }'),
      'only one of latest, all and specific can hold, and "all" is there',
    ],
    [one('model_version_policy { all { x: 1 } }'), 'the field "x" is not read here (known are: none)'],
    [
      one('model_version_policy { latest { num_versions: -1 } }'),
      'takes a whole number from 0 to 4294967295, not -1',
    ],
    [
      one('version_labels { key: "a" value: 9223372036854775808 }'),
      'takes a whole number from 0 to 9223372036854775807',
    ],
    ['model_config_list {', 'expected the name of a field, not the end'],
  ])('%j is refused', async (text, reason) => {
    await expect(readModelConfig(await file(text))).rejects.toMatchObject({
      code: 'CONFIG_FILE_INVALID',
      exit: 2,
      message: expect.stringContaining(reason),
      details: { at: { line: 1, column: expect.any(Number) } },
    });
  });

  it('that is not there is named', async () => {
    await expect(readModelConfig('/nowhere/models.config')).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringContaining('/nowhere/models.config'),
    });
  });
});

describe('sourcesOf', () => {
  it.each([
    ['config { name: "a b" base_path: "/m" }', 'The model name "a b" is not one.'],
    ['config { base_path: "/m" }', 'The model name "" is not one.'],
    [
      'config { name: "m" base_path: "models" }',
      'Expected model m to have an absolute path or URI; got base_path()=models',
    ],
    [
      'config { name: "m" base_path: "s3://bucket/m" }',
      'Expected model m to have an absolute path or URI; got base_path()=s3://bucket/m',
    ],
    [
      'config { name: "m" base_path: "/m" } config { name: "m" base_path: "/n" }',
      'Illegal to list model m multiple times in config list',
    ],
    ['config { name: "m" base_path: "/m" model_platform: "pytorch" }', 'Model m has the platform "pytorch".'],
    [
      'config { name: "m" base_path: "/m" version_labels { key: "a-b" value: 1 } }',
      'The label "a-b" of model m is not one.',
    ],
    [
      'config { name: "m" base_path: "/m" model_version_policy { specific {} } }',
      'The specific versions of model m are none, or one of them twice.',
    ],
    [
      'config { name: "m" base_path: "/m" model_version_policy { specific { versions: [2, 2] } } }',
      'The specific versions of model m are none, or one of them twice.',
    ],
  ])('refuses %s', async (inside, message) => {
    await expect(sources(`model_config_list { ${inside} }`)).rejects.toMatchObject({
      code: 'MODEL_CONFIG_INVALID',
      http: 400,
      message,
    });
  });

  it('refuses what is not read', () => {
    const custom = {
      modelConfigList: undefined,
      customModelConfig: { typeUrl: 'x', value: new Uint8Array() },
    };
    expect(() => sourcesOf(custom)).toThrow(expect.objectContaining({ code: 'MODEL_CONFIG_INVALID' }));
    const config = {
      name: 'm',
      basePath: '/m',
      modelPlatform: '',
      loggingConfig: {},
      modelVersionPolicy: undefined,
      versionLabels: new Map<string, bigint>(),
    };
    expect(() => sourcesOf({ modelConfigList: { config: [config] }, customModelConfig: undefined })).toThrow(
      'Model m has a logging_config, and requests are not logged.',
    );
  });
});

describe('a monitoring config file', () => {
  it.each([
    ['prometheus_config { enable: true, path: "/monitoring/x" }', '/monitoring/x'],
    ['prometheus_config { enable: true }', '/monitoring/prometheus/metrics'],
    ['prometheus_config { enable: false path: "/x" }', undefined],
    ['prometheus_config {}', undefined],
    ['', undefined],
  ])('%s', async (text, path) => {
    expect(await readMonitoringConfig(await file(text))).toBe(path);
  });

  it.each([
    'prometheus_config { enable: 2 }',
    'prometheus_config { enable: true path: "/a/:b*" }',
    'prometheus_config { path: "metrics" }',
  ])('%s is refused', async (text) => {
    await expect(readMonitoringConfig(await file(text))).rejects.toMatchObject({
      code: 'CONFIG_FILE_INVALID',
      message: expect.stringContaining('is not a MonitoringConfig in protobuf text format: line 1, column '),
    });
  });
});
