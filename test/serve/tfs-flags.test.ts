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
      intraOpThreads: undefined,
      configFile: undefined,
      monitoringFile: undefined,
      model: { name: 'default', basePath: '/models/m' },
      warnings: [],
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
    ['num_load_threads', 'many', '--num_load_threads takes a whole number, not "many".'],
    ['enable_batching', 'yes', '--enable_batching takes true or false, not "yes".'],
    [
      'per_process_gpu_memory_fraction',
      'half',
      '--per_process_gpu_memory_fraction takes a number, not "half".',
    ],
    [
      'tensorflow_intra_op_parallelism',
      '257',
      '--tensorflow_intra_op_parallelism takes a whole number from 0 to 256, not "257".',
    ],
    ['port', '0', '--port takes another port than 0 where --rest_api_port is 0, not "0".'],
  ])('--%s=%s is refused', (flag, value, message) => {
    expect(() => parseTfsFlags({ ...base, [flag]: value })).toThrow(
      expect.objectContaining({ code: 'USAGE', exit: 2, message }),
    );
  });

  it.each([
    ['ssl_config_file', '/ssl.config', ''],
    ['model_config_file_poll_wait_seconds', '60', '0'],
    ['grpc_socket_path', '/run/tfs', ''],
    ['saved_model_tags', 'gpu', 'serve'],
    ['platform_config_file', '/p.config', ''],
    ['enable_serialization_as_tensor_content', true, 'false'],
    ['enable_signature_method_name_check', 'true', 'false'],
    ['prefer_tflite_model', '1', '0'],
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

  it.each([
    ['rest_api_num_threads', '16', '--processes'],
    ['grpc_max_threads', '8', '--processes'],
    ['grpc_channel_arguments', 'grpc.max_connection_age_ms=2000', 'its own settings'],
    ['enable_batching', true, 'serving.batching'],
    ['batching_parameters_file', '/b.config', 'serving.batching'],
    ['enable_per_model_batching_parameters', 'true', 'serving.batching'],
    ['tensorflow_inter_op_parallelism', '2', 'one after the other'],
    ['file_system_poll_wait_seconds', '30', 'looked at once'],
    ['num_load_threads', '4', 'one after the other'],
    ['num_unload_threads', '4', 'freed'],
    ['max_num_load_retries', '10', 'ends the start'],
    ['load_retry_interval_micros', '1000', 'ends the start'],
    ['enable_model_warmup', 'false', 'serving.warmup'],
    ['num_request_iterations_for_warmup', '5', 'serving.warmup'],
    ['per_process_gpu_memory_fraction', '0.5', 'CPU'],
    ['xla_cpu_compilation_enabled', 'true', 'mdeploy optimize'],
    ['xla_gpu_compilation_enabled', true, 'mdeploy optimize'],
    ['mixed_precision', 'bfloat16', 'mdeploy optimize'],
    ['thread_pool_factory_config_file', '/t.config', 'runtime.intra_op_threads'],
    ['enable_profiler', 'true', '/metrics'],
    ['num_tflite_pools', '2', 'ONNX'],
    ['num_tflite_interpreters_per_pool', '2', 'ONNX'],
  ])('--%s=%s is for speed or resources only: a warning tells what it comes to', (flag, value, text) => {
    const { warnings, ...flags } = parseTfsFlags({ ...base, [flag]: value });
    expect(warnings).toEqual([expect.stringMatching(`^--${flag}=${value} has no effect here: .{10,}\\.$`)]);
    expect(warnings[0]).toContain(text);
    expect({ ...flags, warnings: [] }).toEqual(parseTfsFlags(base));
  });

  it('takes every default of TF Serving in silence', () => {
    const defaults = {
      port: '8500',
      rest_api_port: '0',
      rest_api_timeout_in_ms: '30000',
      rest_api_enable_cors_support: 'false',
      grpc_socket_path: '',
      grpc_channel_arguments: '',
      model_config_file_poll_wait_seconds: '0',
      file_system_poll_wait_seconds: '1',
      num_load_threads: '0',
      num_unload_threads: '0',
      max_num_load_retries: '5',
      load_retry_interval_micros: '60000000',
      enable_batching: 'false',
      batching_parameters_file: '',
      enable_per_model_batching_parameters: 'false',
      allow_version_labels_for_unavailable_models: 'false',
      enable_model_warmup: 'true',
      num_request_iterations_for_warmup: '0',
      ssl_config_file: '',
      saved_model_tags: '',
      tensorflow_session_parallelism: '0',
      tensorflow_intra_op_parallelism: '0',
      tensorflow_inter_op_parallelism: '0',
      per_process_gpu_memory_fraction: '0.0',
      flush_filesystem_caches: 'true',
      enable_grpc_healthcheck_service: 'false',
      enable_serialization_as_tensor_content: 'false',
      enable_signature_method_name_check: 'false',
      prefer_tflite_model: 'false',
      remove_unused_fields_from_bundle_metagraph: 'true',
      skip_initialize_tpu: 'false',
    };
    expect(parseTfsFlags({ ...base, ...defaults })).toEqual(parseTfsFlags(base));
  });

  it.each([
    [{ tensorflow_intra_op_parallelism: '2' }, 2],
    [{ tensorflow_session_parallelism: '3' }, 3],
    [{ tensorflow_session_parallelism: '3', tensorflow_intra_op_parallelism: '2' }, 2],
  ])('%j: %d threads for one operator', (values, threads) => {
    expect(parseTfsFlags({ ...base, ...values })).toMatchObject({ intraOpThreads: threads, warnings: [] });
  });

  it('knows every flag of TF Serving', () => {
    expect(tfsFlagNames).toHaveLength(45);
    expect(new Set(tfsFlagNames).size).toBe(tfsFlagNames.length);
    expect(tfsFlagNames).toEqual(expect.arrayContaining([...tfsSwitches, 'port', 'grpc_max_threads']));
    expect(tfsSwitches).toContain('enable_batching');
    expect(tfsSwitches).not.toContain('model_name');
  });
});
