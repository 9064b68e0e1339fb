import { describe, expect, it } from 'vitest';
import {
  isForTfs,
  parseTfsFlags,
  refuseTfsFlags,
  tfsFlagNames,
  tfsSwitches,
} from '../../src/serve/tfs-flags.ts';

const base = { model_base_path: '/models/m' };

describe('a command line is for tensorflow_model_server', () => {
  it.each([
    [{}, false],
    [{ port: '1' }, false],
    [{ model_base_path: '' }, false],
    [base, true],
    [{ model_config_file: '/m.config' }, true],
  ])('%j: %j', (values, expected) => {
    expect(isForTfs(values)).toBe(expected);
  });

  it('or its flags are refused', () => {
    expect(() => refuseTfsFlags({ port: '1', 'grpc-port': '2' })).not.toThrow();
    expect(() => refuseTfsFlags({ rest_api_port: '8501' })).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: '--rest_api_port is read together with --model_base_path or --model_config_file only.',
      }),
    );
  });
});

describe('parseTfsFlags', () => {
  it('has the defaults of TF Serving', () => {
    expect(parseTfsFlags(base)).toEqual({
      grpcPort: 8500,
      restPort: undefined,
      timeoutMs: 30_000,
      cors: false,
      anyLabels: false,
      configFile: undefined,
      monitoringFile: undefined,
      model: { name: 'default', basePath: '/models/m' },
    });
  });

  it('takes what is given; 0 is off', () => {
    const given = {
      ...base,
      port: '0',
      rest_api_port: '8501',
      model_name: 'm',
      rest_api_timeout_in_ms: '500',
      rest_api_enable_cors_support: true,
      allow_version_labels_for_unavailable_models: 'true',
      model_config_file: '/m.config',
      monitoring_config_file: '/mon.config',
    };
    expect(parseTfsFlags(given)).toMatchObject({
      grpcPort: undefined,
      restPort: 8501,
      timeoutMs: 500,
      cors: true,
      anyLabels: true,
      configFile: '/m.config',
      monitoringFile: '/mon.config',
      model: { name: 'm' },
    });
  });

  it.each([
    ['port', '65536', '--port takes a whole number from 0 to 65535, not "65536".'],
    ['rest_api_port', '', '--rest_api_port takes a whole number from 0 to 65535, not "".'],
    [
      'rest_api_timeout_in_ms',
      '1s',
      '--rest_api_timeout_in_ms takes a whole number from 0 to 3600000, not "1s".',
    ],
    ['rest_api_enable_cors_support', 'yes', '--rest_api_enable_cors_support takes true or false, not "yes".'],
    ['port', '0', '--port takes another port than 0 where --rest_api_port is 0, not "0".'],
  ])('--%s=%s is refused', (flag, value, message) => {
    expect(() => parseTfsFlags({ ...base, [flag]: value })).toThrow(
      expect.objectContaining({ code: 'USAGE', exit: 2, message }),
    );
  });

  it.each([
    ['enable_batching', true, 'false'],
    ['batching_parameters_file', '/b.config', ''],
    ['ssl_config_file', '/ssl.config', ''],
    ['file_system_poll_wait_seconds', '1', '0'],
    ['model_config_file_poll_wait_seconds', '60', '0'],
    ['tensorflow_intra_op_parallelism', '4', '0'],
    ['per_process_gpu_memory_fraction', '0.5', '0'],
    ['enable_grpc_healthcheck_service', 'false', 'true'],
    ['enable_model_warmup', 'false', 'true'],
    ['saved_model_tags', 'gpu', 'serve'],
  ])('--%s=%s cannot be honoured, %s asks for what happens anyway', (flag, value, harmless) => {
    expect(() => parseTfsFlags({ ...base, [flag]: value })).toThrow(
      expect.objectContaining({
        code: 'FLAG_UNSUPPORTED',
        exit: 2,
        message: expect.stringMatching(`^--${flag}=${value} cannot be honoured: .{10,}\\.$`),
      }),
    );
    expect(parseTfsFlags({ ...base, [flag]: harmless })).toEqual(parseTfsFlags(base));
  });

  it('knows every flag of TF Serving', () => {
    expect(tfsFlagNames).toHaveLength(35);
    expect(new Set(tfsFlagNames).size).toBe(tfsFlagNames.length);
    expect(tfsFlagNames).toEqual(expect.arrayContaining([...tfsSwitches, 'port', 'grpc_max_threads']));
    expect(tfsSwitches).toContain('enable_batching');
    expect(tfsSwitches).not.toContain('model_name');
  });
});
