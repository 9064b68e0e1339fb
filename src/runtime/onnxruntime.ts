import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { failure, type MdeployError } from '../core/errors/error.ts';
import { reasonOf } from '../core/files.ts';

export type OnnxRuntime = typeof import('onnxruntime-node');

let loaded: OnnxRuntime | undefined;

/**
 * Loads onnxruntime-node: the pruned copy under `runtime/` beside the build when there is one, else by ordinary
 * resolution (a clone, or a package with its own `node_modules`).
 * @throws MdeployError `RUNTIME_MISSING`
 */
export function loadOnnxRuntime(): OnnxRuntime {
  if (loaded) return loaded;
  // Read by the native library when it is loaded; launcher and image set it too, for worker threads come too late.
  process.env.ORT_DISABLE_TELEMETRY = '1';
  try {
    loaded = requireRuntime()('onnxruntime-node') as OnnxRuntime;
  } catch (error) {
    throw missing(error);
  }
  return loaded;
}

/** Version of the runtime, read without loading it. */
export function onnxRuntimeVersion(): string {
  try {
    return (requireRuntime()('onnxruntime-node/package.json') as { version: string }).version;
  } catch (error) {
    throw missing(error);
  }
}

function requireRuntime(): NodeJS.Require {
  const vendored = join(import.meta.dirname, 'runtime', 'node_modules', 'onnxruntime-node', 'package.json');
  return createRequire(existsSync(vendored) ? vendored : import.meta.url);
}

function missing(cause: unknown): MdeployError {
  return failure(
    'RUNTIME_MISSING',
    { platform: `${process.platform}/${process.arch}`, reason: reasonOf(cause) },
    { cause },
  );
}
