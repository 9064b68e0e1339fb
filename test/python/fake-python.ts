// A shell script in place of Python: what the tool does with what a converter answers needs no framework to be tested.
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An executable that runs `script` with whatever arguments it gets. */
export function fakePython(script: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'mdeploy-python-')), 'python');
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

/** Prints messages as a converter does, and ends. */
export function answers(...messages: readonly object[]): string {
  return ['cat > /dev/null', ...messages.map((message) => `echo '${JSON.stringify(message)}'`)].join('\n');
}
