import type { ErrorRow } from './row.ts';

/** Faults of a model file. None is shown to clients: each speaks of files on this machine. */
export const modelErrors = {
  MODEL_EMPTY: {
    message: '{file} is empty (0 bytes), so it holds no model.',
    remedy: 'Export or download the model again; the last write was probably cut off.',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 1,
  },
  MODEL_LFS_POINTER: {
    message:
      '{file} is a Git LFS pointer, not the model: it stands for a file of {size} that was not downloaded.',
    remedy: 'Run `git lfs install && git lfs pull` in that repository.',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 1,
  },
  MODEL_WEB_PAGE: {
    message: '{file} is a web page, not an ONNX model: "{start}".',
    remedy: 'Download the model again from its raw or resolve URL, signed in if the site asks for it.',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 1,
  },
  MODEL_OTHER_FORMAT: {
    message: '{file} is not an ONNX model: it looks like {what}.',
    remedy: '{fix}',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 1,
  },
  MODEL_TRUNCATED: {
    message: '{file} is cut off: it has {received} bytes where {expected} are announced.',
    remedy: 'Copy or download the model again and compare the sizes.',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 1,
  },
  MODEL_CORRUPT: {
    message: '{file} is not a valid ONNX file: {reason}.',
    remedy: 'Export or download the model again; `onnx.checker.check_model` must accept it.',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 1,
  },
  MODEL_TOO_LARGE: {
    message: '{file} has {size}; one ONNX file cannot be larger than 2 GiB.',
    remedy: 'Save it with external data: onnx.save(model, path, save_as_external_data=True).',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 1,
  },
  MODEL_TOO_COMPLEX: {
    message: '{file} goes beyond a safety limit: {what}; the limit is {limit}.',
    remedy: 'Simplify the graph (for example with onnxsim) and export it again.',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 1,
  },
  MODEL_FUNCTION_DEPTH: {
    message:
      'In {file} model-local functions call each other {depth} levels deep, from {function} on; the limit is {limit}.',
    remedy: 'Inline them before serving: onnx.inliner.inline_local_functions(model).',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 1,
  },
  MODEL_FUNCTION_RECURSIVE: {
    message: 'In {file} the model-local function {function} calls itself, directly or through others.',
    remedy: 'Export the model again; ONNX allows no recursion among functions.',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 1,
  },
  MODEL_IR_UNSUPPORTED: {
    message: '{file} has IR version {received}; the shipped runtime reads up to {limit}.',
    remedy:
      'Export it again with an older onnx package, or set model.ir_version = {limit} and save, if its opsets allow it.',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 1,
  },
  MODEL_OPSET_UNSUPPORTED: {
    message: '{file} uses opset {received} of {domain}; the shipped runtime supports {lowest} to {highest}.',
    remedy:
      'Export it again with opset {highest} or lower, or use onnx.version_converter.convert_version(model, {highest}).',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 1,
  },
  MODEL_TYPE_UNSUPPORTED: {
    message: 'The {role} "{name}" of {file} has the type {type}, which cannot be carried over any protocol.',
    remedy:
      'Export the model with tensor inputs and outputs only; cast bfloat16 and 8-bit floats to float32 in the graph.',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 1,
  },
  MODEL_NO_OUTPUT: {
    message: '{file} has no output: there is nothing to answer with.',
    remedy: 'Export the model again and name its outputs.',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 1,
  },
  MODEL_ZIPMAP_UNSUPPORTED: {
    message: 'The ZipMap output "{name}" of {file} cannot be turned into a tensor: {reason}.',
    remedy: 'Export without ZipMap: in skl2onnx, set the option zipmap to False.',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 1,
  },
  EXTERNAL_DATA_INVALID: {
    message: 'Tensor "{tensor}" of {file} names its external data wrongly: {reason}.',
    remedy: 'Save the model again with onnx.save(model, path, save_as_external_data=True).',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 1,
  },
  EXTERNAL_DATA_ESCAPE: {
    message: 'Tensor "{tensor}" of {file} points at "{location}", which is {problem}.',
    remedy:
      'Do not load this file if you did not make it. Else keep the data beside the model and save it again with a plain relative location.',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 1,
  },
  EXTERNAL_DATA_MISSING: {
    message: 'Tensor "{tensor}" of {file} needs the file {location} beside the model, which is missing.',
    remedy: 'Copy {location} into the folder of the model; both files belong together.',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 1,
  },
  EXTERNAL_DATA_LINK: {
    message: 'Tensor "{tensor}" of {file} points at {location}, which is {problem}.',
    remedy: 'Put a plain copy of the file in its place: cp --dereference.',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 1,
  },
  EXTERNAL_DATA_RANGE: {
    message: 'Tensor "{tensor}" of {file} needs bytes {from} to {to} of {location}, which has {size} bytes.',
    remedy: 'Copy {location} again: it is cut off or belongs to another model.',
    http: 500,
    grpc: 'FAILED_PRECONDITION',
    exit: 1,
  },
} as const satisfies Record<string, ErrorRow>;
