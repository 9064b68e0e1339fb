import { no, type UnreadFlags, yes } from './unread-flags.ts';

const either = [...no, ...yes];
const processes = 'each process takes requests on one thread; --processes starts more of them';
const batching = 'requests are batched where model.yaml has serving.batching';
const noRetry = 'a model that cannot be loaded ends the start';
const oneByOne = 'models are loaded one after the other';
const graph = 'models are ONNX files, made faster by mdeploy optimize';
const threads = 'runtime.intra_op_threads in model.yaml sets the threads';
const warmup = 'warm-up is set with serving.warmup in model.yaml';

/** Flags of tensorflow_model_server that are known and not read; `silent` has its defaults (tensorflow/serving main.cc). */
export const tfsUnreadFlags: UnreadFlags = {
  rest_api_num_threads: { takes: 'whole', silent: [], instead: processes },
  grpc_max_threads: { takes: 'whole', silent: [], instead: processes },
  grpc_channel_arguments: { takes: 'text', silent: [''], instead: 'the gRPC port has its own settings' },
  enable_batching: { takes: 'switch', silent: no, instead: batching },
  batching_parameters_file: { takes: 'text', silent: [''], instead: batching },
  enable_per_model_batching_parameters: { takes: 'switch', silent: no, instead: batching },
  tensorflow_inter_op_parallelism: {
    takes: 'whole',
    silent: ['0'],
    instead: 'the operators of a graph run one after the other',
  },
  file_system_poll_wait_seconds: {
    takes: 'whole',
    silent: ['1', '0', '-1'],
    instead: 'folders are looked at once; new versions come with a reload',
  },
  num_load_threads: { takes: 'whole', silent: ['0', '1'], instead: oneByOne },
  num_unload_threads: {
    takes: 'whole',
    silent: ['0'],
    instead: 'a model is freed when its last request is answered',
  },
  max_num_load_retries: { takes: 'whole', silent: ['5', '0'], instead: noRetry },
  load_retry_interval_micros: { takes: 'whole', silent: ['60000000'], instead: noRetry },
  flush_filesystem_caches: { takes: 'switch', silent: either },
  enable_model_warmup: { takes: 'switch', silent: yes, instead: warmup },
  num_request_iterations_for_warmup: { takes: 'whole', silent: ['0', '1'], instead: warmup },
  per_process_gpu_memory_fraction: {
    takes: 'number',
    silent: ['0', '0.0', ''],
    instead: 'models run on the CPU',
  },
  xla_cpu_compilation_enabled: { takes: 'switch', silent: no, instead: graph },
  xla_gpu_compilation_enabled: { takes: 'switch', silent: no, instead: graph },
  mixed_precision: { takes: 'text', silent: [''], instead: graph },
  thread_pool_factory_config_file: { takes: 'text', silent: [''], instead: threads },
  enable_profiler: {
    takes: 'switch',
    silent: no,
    instead: 'GET /metrics has the time of each part of the road',
  },
  num_tflite_pools: { takes: 'whole', silent: [], instead: graph },
  num_tflite_interpreters_per_pool: { takes: 'whole', silent: [], instead: graph },
  remove_unused_fields_from_bundle_metagraph: { takes: 'switch', silent: either },
  skip_initialize_tpu: { takes: 'switch', silent: either },
  // The gRPC health service is always there.
  enable_grpc_healthcheck_service: { takes: 'switch', silent: either },
  model_config_file_poll_wait_seconds: {
    takes: 'whole',
    silent: ['0'],
    refused: 'the file is read once; --allow-repository-changes lets HandleReloadConfigRequest change it',
  },
  grpc_socket_path: { takes: 'text', silent: [''], refused: 'gRPC listens on a port only' },
  ssl_config_file: {
    takes: 'text',
    silent: [''],
    refused: 'the ports speak plain text; put a proxy in front of them',
  },
  platform_config_file: {
    takes: 'text',
    silent: [''],
    refused: 'models are ONNX files and know no platform',
  },
  saved_model_tags: { takes: 'text', silent: ['', 'serve'], refused: 'an ONNX file holds one graph' },
  enable_serialization_as_tensor_content: {
    takes: 'switch',
    silent: no,
    refused: 'answers hold their values in typed lists',
  },
  enable_signature_method_name_check: {
    takes: 'switch',
    silent: no,
    refused: 'an ONNX file has one signature',
  },
  prefer_tflite_model: { takes: 'switch', silent: no, refused: 'models are ONNX files' },
};
