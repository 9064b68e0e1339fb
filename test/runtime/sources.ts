import type { GraphSource } from '../../src/runtime/graph-source.ts';
import type { Session } from '../../src/runtime/session.ts';
import { difference, type FixtureCase, loadCase } from '../fixtures.ts';

export function sourceOf(name: string): GraphSource {
  return { name, path: loadCase(name).modelPath, intraOpThreads: 1 };
}

/** Runs the golden inputs of a case and tells the first disagreement; undefined when there is none. */
export async function disagreement(session: Session, golden: FixtureCase): Promise<string | undefined> {
  for (const call of [golden, ...(golden.secondCall ? [golden.secondCall] : [])]) {
    const names = call.outputs.map((output) => output.name);
    const got = await session.run(call.inputs, names);
    for (const [index, expected] of call.outputs.entries()) {
      const found = difference(got[index]!, expected, golden.tolerance);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** One case per datatype, and what is odd in shape: several tensors, an image, a sequence. */
export const carried = [
  'traits/bool_not',
  'traits/identity_float16',
  'traits/identity_float64',
  'traits/identity_int32',
  'traits/identity_int64',
  'traits/string_io',
  'traits/uint8_image',
  'traits/many_io',
  'traits/external_data',
  'traits/dynamic_batch_sequence',
  'tf/two_in_two_out',
  'sklearn/credit_columns',
  'torch/text_lstm',
  'real/silero_vad',
] as const;
