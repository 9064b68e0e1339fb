import { failure } from '../../core/errors/error.ts';
import type { TensorSpec } from '../../core/tensor.ts';
import { version as toolVersion } from '../../core/version.ts';
import type { Catalogue, ModelFacts, RawCall, RawReply, ServerFacts } from '../protocol.ts';
import { findVersion } from './tfs-versions.ts';

/** Only extensions that are wholly served are named. */
export function extensionsOf({ changes }: ServerFacts): readonly string[] {
  const always = ['binary_tensor_data', 'classification', 'model_configuration', 'parameters', 'statistics'];
  return changes ? [...always, 'model_repository'] : always;
}

/** `$metadata_server_response`. */
export function serverMetadata(server: ServerFacts): RawReply {
  return json({ name: 'mdeploy', version: toolVersion, extensions: extensionsOf(server) });
}

/** 200 and `{"live": true}`, 503 once an engine has died: only a restart helps then. */
export function live(server: ServerFacts): RawReply {
  const isLive = server.status() !== 'broken';
  return json({ live: isLive }, isLive ? 200 : 503);
}

/** 200 and `{"ready": true}` exactly when `/readyz` is 200. */
export function ready(server: ServerFacts): RawReply {
  const isReady = server.status() === 'ready';
  return json({ ready: isReady }, isReady ? 200 : 503);
}

/** @throws MdeployError `MODEL_NOT_FOUND`, `VERSION_NOT_FOUND`; `MODEL_NOT_READY` while the server starts */
export function modelReady(call: RawCall, catalogue: Catalogue, server: ServerFacts): RawReply {
  const { name, state } = target(call, catalogue, server);
  const isReady = server.status() === 'ready' && state === 'AVAILABLE';
  return json({ name, ready: isReady }, isReady ? 200 : 503);
}

/**
 * `$metadata_model_response`: -1 is a free length; a tensor of unknown rank has the shape `[-1]`.
 * @throws MdeployError as `modelReady`
 */
export function modelMetadata(call: RawCall, catalogue: Catalogue, server: ServerFacts): RawReply {
  const { name, signature } = target(call, catalogue, server);
  return json({
    name,
    versions: catalogue.versions(name).map(({ version }) => version),
    platform,
    inputs: signature.inputs.map(tensorMetadata),
    outputs: signature.outputs.map(tensorMetadata),
  });
}

/** `{"models": [names]}`, as KServe lists them. */
export function modelList(catalogue: Catalogue): RawReply {
  return json({ models: [...new Set(catalogue.list().map(({ name }) => name))] });
}

/** The version a path means. @throws MdeployError as `modelReady` */
export function target(
  { params }: Pick<RawCall, 'params'>,
  catalogue: Catalogue,
  server?: ServerFacts,
): ModelFacts {
  const { name = '', version } = params;
  if (server?.status() === 'starting') throw failure('MODEL_NOT_READY', { name });
  return version === undefined ? catalogue.find(name) : findVersion(catalogue, name, version);
}

export function json(document: object, status = 200): RawReply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(document) };
}

/** -1 is a free length; the shape of a tensor of unknown rank is `[-1]`. */
export function tensorMetadata({ name, datatype, shape }: TensorSpec) {
  return { name, datatype, shape: (shape ?? ['']).map((dim) => (typeof dim === 'number' ? dim : -1)) };
}

/** Triton's name for ONNX models. */
export const platform = 'onnxruntime_onnx';
