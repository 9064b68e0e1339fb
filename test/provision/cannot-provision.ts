// What a test does when something it needs cannot be had on this machine.

/** Thrown when a needed engine or tool is absent and this machine is not one we may install it on. */
export class CannotProvision extends Error {
  override readonly name = 'CannotProvision';
}

/**
 * Locally a missing engine is a loud notice and `undefined`; with CI=true it is a failure, so CI can never skip it.
 *
 *     const docker = await obtain(ensureDocker);
 *     describe.skipIf(docker === undefined)('with an engine', () => { ... });
 */
export async function obtain<T>(make: () => Promise<T>): Promise<T | undefined> {
  try {
    return await make();
  } catch (error) {
    if (!(error instanceof CannotProvision) || process.env.CI === 'true') throw error;
    process.stderr.write(`\n*** TESTS LEFT OUT: ${error.message}\n\n`);
    return undefined;
  }
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
