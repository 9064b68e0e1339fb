import { failure } from '../../core/errors/error.ts';
import { type Changes, refuseChange } from '../changes.ts';
import { sourcesOf } from '../model-config.ts';
import { ReloadConfigRequest, ReloadConfigResponse } from '../proto/tensorflow-serving.gen.ts';

/**
 * HandleReloadConfigRequest: from now on exactly these models are served.
 * @throws MdeployError `MODEL_CONFIG_INVALID`, `BASE_PATH_OUTSIDE`, `LABEL_VERSION_UNKNOWN`, `MODEL_LOAD_FAILED`
 */
export async function reload(body: Uint8Array, changes: Changes): Promise<Uint8Array> {
  const { config } = ReloadConfigRequest.decode(body);
  const sources = config ? sourcesOf(config) : [];
  if (sources.length === 0) {
    const problem = 'Request does not contain a model config list.';
    throw failure('MODEL_CONFIG_INVALID', { problem, fix: 'List every model that is to be served.' });
  }
  await changes.become(sources);
  return ReloadConfigResponse.encode({ status: {} });
}

/** @throws MdeployError `FEATURE_UNSUPPORTED`, always */
export function refuseReload(): never {
  return refuseChange('Reloading the configuration');
}
