import { readFileSync } from 'node:fs';

export interface Readme {
  /** Commands before the server is started. */
  readonly first: readonly string[];
  readonly serve: string;
  /** Commands that ask the running server. */
  readonly asking: readonly string[];
  /** Commands after it that need no Docker engine; `test/e2e` runs the others. */
  readonly rest: readonly string[];
}

/** The shell commands of an example's README, by the part they play. */
export function readReadme(file: string): Readme {
  const blocks = [...readFileSync(file, 'utf8').matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) =>
    commands(block!),
  );
  const at = blocks.findIndex(
    (block) => block.length === 1 && /^mdeploy serve (?!.*--smoke)/.test(block[0]!),
  );
  if (at < 1 || blocks.length !== at + 3) throw new Error(`${file} has not the blocks that its test knows`);
  return {
    first: blocks.slice(0, at).flat(),
    serve: blocks[at]![0]!,
    asking: blocks[at + 1]!,
    rest: blocks[at + 2]!.filter((command) => !/^mdeploy (build-image|push) /.test(command)),
  };
}

function commands(block: string): string[] {
  return block.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
}
