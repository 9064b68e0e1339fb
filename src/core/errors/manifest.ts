import type { ErrorRow } from './row.ts';

const wrongManifest = { http: 500, grpc: 'INVALID_ARGUMENT', exit: 2 } as const;

/** Faults of a model.yaml, of its label files, and of `init`. Places are in the details, not in the message. */
export const manifestErrors = {
  MANIFEST_TOO_LARGE: {
    message: 'The manifest is larger than {limit}.',
    remedy: 'Move long lists out of it, for example class names into a labels_file.',
    ...wrongManifest,
  },
  MANIFEST_SYNTAX: {
    message: 'The manifest is not valid YAML 1.2: {problem}',
    remedy: '{hint}',
    ...wrongManifest,
  },
  MANIFEST_FEATURE: {
    message: 'The manifest uses {feature}, which mdeploy does not read.',
    remedy: '{hint}',
    ...wrongManifest,
  },
  MANIFEST_TOO_DEEP: {
    message: 'The manifest is nested deeper than {limit} levels.',
    remedy: 'No setting of mdeploy needs more; check brackets and indentation.',
    ...wrongManifest,
  },
  MANIFEST_KEY_DUPLICATE: {
    message: 'The key "{key}" is written twice in the same place.',
    remedy: 'Keep one of the two.',
    ...wrongManifest,
  },
  MANIFEST_KEY_UNKNOWN: {
    message: 'There is no setting "{key}" in {where}.',
    remedy: '{hint}',
    ...wrongManifest,
  },
  MANIFEST_KEY_LATER: {
    message: 'The setting "{key}" is known but not supported by this version of mdeploy ({version}).',
    remedy: 'Remove it; it would have no effect.',
    ...wrongManifest,
  },
  MANIFEST_VALUE_LATER: {
    message: '"{value}" is known but not supported by this version of mdeploy ({version}) in {path}.',
    remedy: '{hint}',
    ...wrongManifest,
  },
  MANIFEST_MISSING: {
    message: 'The setting "{path}" is missing.',
    remedy: 'Add it: {example}.',
    ...wrongManifest,
  },
  MANIFEST_INVALID: {
    message: 'The value of {path} does not fit{why}.',
    remedy: '{hint}',
    ...wrongManifest,
  },
  MANIFEST_SECRET: {
    message: 'The value of "{path}" looks like a secret; everyone who can pull the image could read it.',
    remedy:
      'Remove it and give it to the container when it starts: `docker run -e {name}=…`, or a Kubernetes Secret.',
    ...wrongManifest,
  },
  MANIFEST_PLACEHOLDER_UNSET: {
    message: 'The environment variable {variable}, which "{path}" asks for, is not set.',
    remedy: 'Set {variable}, or write a default after it inside the braces, as in :-default.',
    ...wrongManifest,
  },
  MANIFEST_TENSOR_UNKNOWN: {
    message: 'The model has no {kind} named "{name}".',
    remedy: '{hint}',
    ...wrongManifest,
  },
  MANIFEST_TENSOR_DATATYPE: {
    message: 'The model\'s {kind} "{name}" is {expected}, the manifest says {received}.',
    remedy: 'Write datatype: {expected}, or leave it out.',
    ...wrongManifest,
  },
  MANIFEST_TENSOR_SHAPE: {
    message: 'The model\'s {kind} "{name}" has shape {expected}, the manifest says {received}: {why}.',
    remedy: 'Write `shape: {example}`, or leave it out.',
    ...wrongManifest,
  },
  MANIFEST_FILE_MISSING: {
    message: 'The file {file}, which "{path}" names, does not exist.',
    remedy: '{hint}',
    ...wrongManifest,
  },
  MANIFEST_LABELS_COUNT: {
    message: 'The output "{name}" has {expected} values along its last axis but {received} labels.',
    remedy: 'Give exactly {expected} labels, in the order of the values.',
    ...wrongManifest,
  },
  MANIFEST_COLUMNS_COUNT: {
    message: 'The input "{name}" has {expected} values along its last axis but {received} columns.',
    remedy: 'Name exactly {expected} columns, in the order of the values.',
    ...wrongManifest,
  },
  MLMODEL_INVALID: {
    message: 'This MLmodel file cannot be served: {problem}.',
    remedy: '{fix}',
    ...wrongManifest,
  },
  MANIFEST_TENSOR_NAME: {
    message: 'The model has {kind} number {index} with a name that mdeploy cannot carry: {why}.',
    remedy: 'Rename it in the model file (for example with onnx.compose or the exporter’s input_names).',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 1,
  },
  LABELS_INVALID: {
    message: 'The label file is not a list of class names: {problem}.',
    remedy: 'Write one name per line in UTF-8, or a JSON list of names.',
    ...wrongManifest,
  },
  INIT_EXISTS: {
    message: '{file} is already there.',
    remedy: 'Look at it first; --force replaces it, --output writes elsewhere, --dry-run only prints.',
    ...wrongManifest,
  },
  INIT_MODEL: {
    message: 'Cannot tell which model file is meant: {problem}.',
    remedy: 'Name the file: `mdeploy init path/to/model.onnx`.',
    ...wrongManifest,
  },
  INIT_OUTSIDE: {
    message: 'The model file must lie in the manifest’s folder or below it.',
    remedy: 'Move {model} below {folder}, or leave out --output.',
    ...wrongManifest,
  },
} as const satisfies Record<string, ErrorRow>;
