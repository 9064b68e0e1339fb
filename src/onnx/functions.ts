import { failure } from '../core/errors/error.ts';
import { type Calls, splitOperatorKey } from './collector.ts';
import { limits } from './limits.ts';

/**
 * Proves that inlining every model-local function ends, stays shallow and stays small. The runtime inlines by
 * recursion: a chain of 3,000 functions overflows its stack, which no try/catch in this process could hold.
 * @param main calls of the graph itself
 * @throws MdeployError `MODEL_FUNCTION_DEPTH`, `MODEL_FUNCTION_RECURSIVE`, `MODEL_TOO_COMPLEX`
 */
export function checkFunctions(file: string, main: Calls, functions: ReadonlyMap<string, Calls>): void {
  const measured = new Map<string, Measure>();
  for (const key of functions.keys()) measure(file, key, functions, measured);
  let deepest = { function: '', depth: 0 };
  for (const [key, { depth }] of measured)
    if (depth > deepest.depth) deepest = { function: show(key), depth };
  if (deepest.depth > limits.functionDepth)
    throw failure(
      'MODEL_FUNCTION_DEPTH',
      { file, ...deepest, limit: limits.functionDepth },
      { at: { file, path: 'functions' } },
    );
  const nodes = inlinedNodes(main, measured);
  if (nodes > limits.inlinedNodes)
    throw failure('MODEL_TOO_COMPLEX', {
      file,
      what: 'its number of nodes after inlining the model-local functions',
      limit: limits.inlinedNodes,
    });
}

interface Measure {
  /** Functions on the longest chain of calls from here, itself included. */
  readonly depth: number;
  /** Nodes of the body after inlining. */
  readonly nodes: number;
}

// Depth-first with a stack of its own: the chain may be as long as the file allows.
function measure(
  file: string,
  start: string,
  functions: ReadonlyMap<string, Calls>,
  measured: Map<string, Measure>,
): void {
  const open = new Set<string>();
  const stack = [start];
  while (stack.length > 0) {
    const key = stack.at(-1)!;
    const calls = functions.get(key);
    if (measured.has(key) || !calls) {
      stack.pop();
      continue;
    }
    const callees = [...calls.keys()].filter((callee) => functions.has(callee));
    const missing = callees.filter((callee) => !measured.has(callee));
    if (missing.length === 0) {
      let deepest = 0;
      for (const callee of callees) deepest = Math.max(deepest, measured.get(callee)!.depth);
      measured.set(key, { depth: deepest + 1, nodes: inlinedNodes(calls, measured) });
      open.delete(key);
      stack.pop();
      continue;
    }
    open.add(key);
    const recursive = missing.find((callee) => open.has(callee));
    if (recursive !== undefined)
      throw failure(
        'MODEL_FUNCTION_RECURSIVE',
        { file, function: show(recursive) },
        { at: { file, path: 'functions' } },
      );
    for (const callee of missing) stack.push(callee);
  }
}

function inlinedNodes(calls: Calls, measured: ReadonlyMap<string, Measure>): number {
  let nodes = 0;
  for (const [callee, count] of calls) nodes += count * (measured.get(callee)?.nodes ?? 1);
  return nodes;
}

function show(key: string): string {
  const { domain, name } = splitOperatorKey(key);
  return `${domain}.${name}`;
}
