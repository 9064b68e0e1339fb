import type { ErrorRow } from './row.ts';

const own = { http: 500, grpc: 'FAILED_PRECONDITION', exit: 2 } as const;

/** Faults of serving several models and versions, and of changing them while the server runs. */
export const repositoryErrors = {
  VARIANT_MISFIT: {
    message: 'The variant {path} cannot stand in for the model: {reason}.',
    remedy:
      'A variant takes and gives the same tensors as model.path: make it anew, or take it out of variants.',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 2,
  },
  MODEL_FOLDER_DISAGREES: {
    message: '{file} says the {field} {received}, but the folder it lies in says {expected}.',
    remedy: 'Make the two agree: the folders are named MODEL/VERSION.',
    ...own,
  },
  VERSION_TWICE: {
    message: 'Version {version} of model "{name}" is there twice: in {first} and in {second}.',
    remedy: 'Give one of them another version or name, or move it away.',
    ...own,
  },
  SERVING_DIFFERS: {
    message:
      'serving.{field} of model "{name}" is {received}, of model "{other}" {expected}; one server has one.',
    remedy: 'Write the same serving.{field} in both manifests, or serve the models apart.',
    ...own,
  },
  VERSION_FOLDERS_MISSING: {
    message: '{folder} holds no version folders.',
    remedy: 'Put each version into a folder named by its number, for example {folder}/1/model.onnx.',
    ...own,
  },
  VERSION_FOLDER_UNKNOWN: {
    message: '{folder} has no version {version}, which the configuration asks for.',
    remedy: 'Its versions are: {versions}.',
    ...own,
  },
  LABEL_VERSION_UNKNOWN: {
    message: 'Label "{label}" of model "{name}" is for version {version}, which is not served.',
    remedy: 'Point it to one of these versions: {versions}.',
    http: 400,
    grpc: 'FAILED_PRECONDITION',
    exit: 2,
  },
  BASE_PATH_OUTSIDE: {
    message: 'The base path {path} is no folder below those the server was started with.',
    remedy: 'Put the model beside the ones that are served, or start the server with it.',
    http: 400,
    grpc: 'INVALID_ARGUMENT',
    exit: 2,
  },
  MODEL_CONFIG_INVALID: {
    message: '{problem}',
    remedy: '{fix}',
    http: 400,
    grpc: 'INVALID_ARGUMENT',
    exit: 2,
  },
  CONFIG_FILE_INVALID: {
    message: '{file} is not a {what} in protobuf text format: {reason}.',
    remedy: 'Correct the file; docs/protocols.md shows one.',
    ...own,
  },
  FLAG_UNSUPPORTED: {
    message: '{flag}={value} cannot be honoured: {reason}.',
    remedy: 'Leave the flag out; docs/protocols.md lists what is read.',
    ...own,
  },
  MODEL_URL_UNKNOWN: {
    message: 'There is nothing at "{url}" below the folders that this server was started with.',
    remedy: 'Name a model in them by its path from there, for example iris or iris/2.',
    http: 400,
    grpc: 'INVALID_ARGUMENT',
    exit: 1,
  },
  VERSION_SERVED_ALREADY: {
    message: 'Version {version} of model "{name}" is served already.',
    remedy: 'Give the new one another version or name, or take the other one away first.',
    http: 409,
    grpc: 'ALREADY_EXISTS',
    exit: 1,
  },
  VERSION_IS_DEFAULT: {
    message: 'Version {version} is the default of model "{name}", which has others, too.',
    remedy: 'Make another version the default first, or take the others away first.',
    http: 403,
    grpc: 'FAILED_PRECONDITION',
    exit: 1,
  },
  MODEL_DOES_NOT_FIT: {
    message: 'Model "{name}" needs more memory than there is.',
    remedy: "Unload others, or give the server more memory; the server's log has the figures.",
    http: 507,
    grpc: 'RESOURCE_EXHAUSTED',
    exit: 1,
  },
  MODEL_LOAD_FAILED: {
    message: 'Model "{name}" could not be loaded: {code}.',
    remedy: "The server's log says why; what was served before is still served.",
    http: 400,
    grpc: 'FAILED_PRECONDITION',
    exit: 1,
  },
} as const satisfies Record<string, ErrorRow>;
