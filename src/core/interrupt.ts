type Cleanup = () => void | Promise<void>;

const cleanups = new Set<Cleanup>();

/**
 * Registers what must be undone when the user interrupts a verb: remove a temporary folder, a container, end a child.
 * @returns takes the cleanup back; call it when the work is done
 */
export function onInterrupt(cleanup: Cleanup): () => void {
  cleanups.add(cleanup);
  return () => cleanups.delete(cleanup);
}

/** Runs every registered cleanup, newest first; one that fails does not keep the others from running. */
export async function runCleanups(): Promise<readonly unknown[]> {
  const failures: unknown[] = [];
  for (const cleanup of [...cleanups].reverse()) {
    cleanups.delete(cleanup);
    try {
      await cleanup();
    } catch (error) {
      failures.push(error);
    }
  }
  return failures;
}
