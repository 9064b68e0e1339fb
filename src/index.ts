// The library: what `import … from 'mdeploy'` gives. Everything else under src/ may change without notice.
export type { ErrorCode } from './core/errors/catalogue.ts';
export { type ErrorDetails, type ErrorLocation, MdeployError } from './core/errors/error.ts';
export type { Datatype, Dim, Signature, Tensor, TensorSpec } from './core/tensor.ts';
export { version } from './core/version.ts';
export { inspect } from './inspect/inspect.ts';
export type { Manifest } from './manifest/manifest.ts';
export { packageModel } from './package/package.ts';
export { type Server, type ServerOptions, server } from './predict/server.ts';
export { openModel } from './repository/open-model.ts';
export type { OpenedModel } from './repository/opened-model.ts';
export { type RunningServer, type ServeOptions, serve } from './serve/serve.ts';
export { validate } from './validate/validate.ts';
