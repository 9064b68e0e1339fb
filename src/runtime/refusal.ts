import { existsSync } from 'node:fs';
import { failure, type MdeployError } from '../core/errors/error.ts';

/** The runtime's refusal to load a graph, in its own words without paths, with the remedy its cause calls for. */
export function refusal(name: string, cause: unknown): MdeployError {
  const words = cause instanceof Error ? cause.message : String(cause);
  const known = causes.find(({ sign }) => sign.test(words));
  return failure(
    'MODEL_REFUSED',
    { name, reason: plainWords(words), fix: known?.fix ?? otherwise },
    { cause },
  );
}

/**
 * What went wrong in a run. A kernel that refuses shapes or values (an index out of range, lengths that do not
 * broadcast) speaks of the request, so the client is told; anything else is the engine's fault.
 */
export function runFault(name: string, cause: unknown): MdeployError {
  const words = cause instanceof Error ? cause.message : String(cause);
  const code = /^Non-zero status code returned while running/.test(words) ? 'RUN_REFUSED' : 'ENGINE_FAULT';
  return failure(code, { name, reason: plainWords(words) }, { cause });
}

/** The runtime's own words without its source positions, C++ signatures and our paths (their last part stays). */
export function plainWords(words: string): string {
  return words
    .slice(0, 4000)
    .replace(/^Load model from .*? failed:\s*/s, '')
    .replace(sourcePosition, '')
    .replace(absolutePath, (path, top: string) => (existsSync(top) ? path.slice(lastSlash(path) + 1) : path))
    .trim();
}

const otherwise = 'Check the file with `mdeploy inspect`, and export it again from its framework.';

const causes: readonly { readonly sign: RegExp; readonly fix: string }[] = [
  {
    sign: /locale/i,
    fix: 'Install the locale en_US.UTF-8 (Debian: apt-get install locales; localedef -i en_US -f UTF-8 en_US.UTF-8).',
  },
  {
    sign: /IR version/i,
    fix: 'Export again with an older onnx package (IR 13 at most), or lower the IR with its version converter.',
  },
  {
    sign: /not a registered function\/op|No Op registered|custom op|No opset import for domain/i,
    fix: 'The graph uses an operator that the shipped runtime does not have; export it with standard operators.',
  },
  {
    sign: /opset|Could not find an implementation/i,
    fix: 'Export again with an opset from 7 to 26, or use the onnx version converter.',
  },
  {
    sign: /external data/i,
    fix: 'Put the external data file beside the model, where the file says it lies.',
  },
  {
    sign: /failed to allocate|bad_alloc|bad allocation|not enough memory|integer overflow/i,
    fix: 'The graph asks for more memory than there can be; look for a constant of a huge shape in it.',
  },
  {
    sign: /Protobuf parsing failed|does not have a graph/i,
    fix: 'The file is cut off, damaged or not ONNX; copy or export it again.',
  },
];

// `/src/core/graph/model.cc:202 onnxruntime::Model::Model(onnx::ModelProto&&, …) ` and `utils.cc:461 ReadName `.
const sourcePosition =
  /\S*\.(?:cc|cpp|cu|h):\d+ (?:[\w *&]*\w(?:::[\w<>~]+)+\((?:[^()]|\([^()]*\))*\)(?: const)? |[A-Z]\w+ (?=[A-Z]))?/g;

// Node names look like paths (`/conv1/Conv`): only what starts at a folder of this machine is one.
const absolutePath = /((?:[A-Za-z]:[\\/]|\/)[\w.@+-]+)(?:[\\/][\w.@+-]+)+/g;

function lastSlash(path: string): number {
  return Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'));
}
