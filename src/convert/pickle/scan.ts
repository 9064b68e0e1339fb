import { skipJoblibArray } from './joblib-array.ts';
import { PickleReader } from './reader.ts';
import { PickleStack } from './stack.ts';
import { step } from './step.ts';
import type { PickleGlobal, PickleValue } from './value.ts';

export interface PickleScan {
  /** Everything it would import, each once, in order. */
  readonly globals: readonly PickleGlobal[];
  /** What it would give back, unbuilt; undefined when the stream could not be followed to its end. */
  readonly root?: PickleValue;
  /** Why it could not be followed: what comes behind is not known. */
  readonly broken?: string;
  /** Bytes read. */
  readonly length: number;
}

/** More steps than any model has, few enough to be done within seconds. */
const maxSteps = 50_000_000;

/**
 * Follows the opcodes of a pickle without building anything: protocols 0 to 5 (Lib/pickletools.py), with the raw arrays
 * that joblib puts between them.
 */
export function scanPickle(bytes: Uint8Array, start = 0): PickleScan {
  const reader = new PickleReader(bytes, start);
  const stack = new PickleStack();
  const globals = new Map<string, PickleGlobal>();
  const seen = (found: PickleGlobal): PickleGlobal => {
    globals.set(`${found.module}.${found.name}`, found);
    return found;
  };
  try {
    for (let steps = 0; steps < maxSteps; steps++) {
      const code = reader.byte();
      if (code === 0x2e)
        return { globals: [...globals.values()], root: stack.pop(), length: reader.at - start };
      step(code, reader, stack, seen);
      if (code === 0x62) skipArray(reader, stack, seen);
    }
    throw new RangeError(`it has more than ${maxSteps} steps`);
  } catch (error) {
    const broken = error instanceof Error ? error.message : String(error);
    return { globals: [...globals.values()], broken, length: reader.at - start };
  }
}

// An array of objects is a pickle of its own behind the wrapper.
function skipArray(reader: PickleReader, stack: PickleStack, seen: (found: PickleGlobal) => unknown): void {
  if (skipJoblibArray(reader, stack.peek()) !== 'pickle') return;
  const inner = scanPickle(reader.bytes, reader.at);
  inner.globals.forEach(seen);
  if (inner.broken !== undefined) throw new RangeError(inner.broken);
  reader.at += inner.length;
}
