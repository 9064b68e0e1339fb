// Packages in a loop, so that a test can end it at any moment. Argument: JSON of what fakes.ts made.

import { MdeployError } from '../../src/core/errors/error.ts';
import type { Assets } from '../../src/package/assets.ts';
import { packageModel } from '../../src/package/package.ts';
import type { OpenedModel } from '../../src/repository/opened-model.ts';

interface Work {
  readonly models: readonly OpenedModel[];
  readonly assets: Assets;
  readonly output: string;
  readonly rounds: number;
}

const { models, assets, output, rounds } = JSON.parse(process.argv[2]!) as Work;

process.stdout.write('ready\n');
try {
  for (let round = 0; round < rounds; round++) {
    await packageModel(models[round % models.length]!, { output }, assets);
  }
} catch (error) {
  if (!(error instanceof MdeployError)) throw error;
  process.stdout.write(JSON.stringify({ code: error.code, message: error.message, exit: error.exit }));
  process.exitCode = error.exit;
}
