import { describe, expect, it } from 'vitest';
import {
  isForKserve,
  kserveFlagNames,
  mountedFolder,
  parseKserveFlags,
  refuseKserveFlags,
} from '../../src/serve/kserve-flags.ts';
import { tfsFlagNames } from '../../src/serve/tfs-flags.ts';

describe('a command line is for KServe’s servers', () => {
  it.each([
    [{}, false],
    [{ port: '1', model_name: 'm' }, false],
    [{ model_dir: '/mnt/models' }, true],
    [{ http_port: '8080' }, true],
    [{ 'event-loop': 'auto' }, true],
  ])('%j: %j', (values, expected) => {
    expect(isForKserve(values)).toBe(expected);
  });

  it('or its arguments are refused', () => {
    expect(() => refuseKserveFlags({ model_name: 'm', port: '1' })).not.toThrow();
    expect(() => refuseKserveFlags({ http_port: '1' })).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message:
          "--http_port is an argument of KServe's servers and does not go with flags of tensorflow_model_server.",
      }),
    );
  });

  it('shares no flag with tensorflow_model_server but the model’s name', () => {
    expect(kserveFlagNames.filter((name) => tfsFlagNames.includes(name))).toEqual([]);
    expect(new Set(kserveFlagNames).size).toBe(kserveFlagNames.length);
  });
});

describe('parseKserveFlags', () => {
  it('takes what is given', () => {
    const given = {
      model_name: 'half',
      model_dir: '/mnt/models',
      http_port: '9201',
      grpc_port: '9000',
      enable_grpc: 'False',
      workers: '2',
    };
    expect(parseKserveFlags(given)).toEqual({
      httpPort: '9201',
      grpcPort: '9000',
      isGrpcOn: false,
      workers: '2',
      name: 'half',
      folder: '/mnt/models',
      warnings: [],
    });
  });

  it('takes every default of KServe in silence', () => {
    const defaults = {
      max_threads: '4',
      'timeout-keep-alive': '65',
      'event-loop': 'auto',
      enable_grpc: 'true',
      enable_docs_url: 'False',
      enable_latency_logging: 'True',
      configure_logging: 'True',
      grpc_max_send_message_length: '8388608',
      grpc_max_receive_message_length: '8388608',
      protocol: 'v1',
      predictor_protocol: 'v2',
      predictor_use_ssl: 'false',
      predictor_request_timeout_seconds: '600',
      predictor_request_retries: '0',
    };
    expect(parseKserveFlags(defaults)).toEqual(parseKserveFlags({}));
    expect(parseKserveFlags({})).toMatchObject({ isGrpcOn: true, name: undefined, folder: undefined });
  });

  it.each([
    ['max_threads', '8', '--workers'],
    ['max_asyncio_workers', '8', '--workers'],
    ['timeout-keep-alive', '5', '65 s'],
    ['event-loop', 'uvloop', 'one kind'],
    ['grpc_max_send_message_length', '99', 'serving.max_body_size'],
    ['grpc_max_receive_message_length', '99', 'serving.max_body_size'],
    ['enable_docs_url', 'true', '/openapi.json'],
    ['configure_logging', 'false', '--log-level'],
    ['log_config_file', '/log.yaml', '--log-level'],
    ['access_log_format', '%s', '--log-level'],
    ['predictor_request_timeout_seconds', '5', 'no predictor'],
  ])('--%s=%s: a warning tells what it comes to', (flag, value, text) => {
    const { warnings } = parseKserveFlags({ [flag]: value });
    expect(warnings).toEqual([expect.stringContaining(`--${flag}=${value} has no effect here: `)]);
    expect(warnings[0]).toContain(text);
  });

  it.each([
    ['predictor_host', 'iris-predictor'],
    ['ssl_certfile', '/tls.crt'],
    ['ssl_keyfile', '/tls.key'],
    ['protocol', 'v3'],
    ['predictor_protocol', 'v3'],
  ])('--%s=%s cannot be honoured', (flag, value) => {
    expect(() => parseKserveFlags({ [flag]: value })).toThrow(
      expect.objectContaining({
        code: 'FLAG_UNSUPPORTED',
        message: expect.stringContaining(`--${flag}=${value} cannot be honoured: `),
      }),
    );
  });

  it.each([
    ['http_port', '65536', 'a whole number from 0 to 65535'],
    ['grpc_port', 'x', 'a whole number from 0 to 65535'],
    ['workers', '0', 'a whole number from 1 to 64'],
    ['enable_grpc', 'maybe', 'true or false'],
    ['enable_docs_url', 'maybe', 'true or false'],
    ['model_name', 'a/b', 'letters, digits and . _ - (128 at most)'],
  ])('--%s=%s is refused', (flag, value, expected) => {
    expect(() => parseKserveFlags({ [flag]: value })).toThrow(
      expect.objectContaining({ code: 'USAGE', message: `--${flag} takes ${expected}, not "${value}".` }),
    );
  });
});

it('a mounted model is what KServe sets STORAGE_URI to, not what anybody else sets it to', () => {
  expect(mountedFolder({ STORAGE_URI: '/mnt/models' })).toBe('/mnt/models');
  expect(mountedFolder({ STORAGE_URI: 's3://models/iris' })).toBeUndefined();
  expect(mountedFolder({})).toBeUndefined();
});
