import { join } from 'node:path';
import { asMdeployError } from '../core/errors/error.ts';
import type { Caps } from '../proof/find-feeds.ts';
import type { GraphSource } from '../runtime/graph-source.ts';
import { probeModel } from '../runtime/probe.ts';
import type { Made } from './made.ts';

const levels = { folded: 'basic', fused: 'extended' } as const;

/** The graph as the runtime itself optimises it, written by it in a throw-away process. */
export async function makeInRuntime(
  name: keyof typeof levels,
  source: GraphSource,
  work: string,
  caps: Caps,
): Promise<Made> {
  const path = join(work, `${name}.onnx`);
  try {
    await probeModel(source, { ...caps, inputs: [], task: { kind: 'save', level: levels[name], to: path } });
    return { name, path, facts: {} };
  } catch (error) {
    const { code, message } = asMdeployError(error);
    if (code === 'INTERRUPTED') throw error;
    return { name, facts: {}, failed: message };
  }
}
