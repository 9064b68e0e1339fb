import { benchErrors } from './bench.ts';
import { cliErrors } from './cli.ts';
import { convertErrors } from './convert.ts';
import { imageErrors } from './image.ts';
import { inferenceErrors } from './inference.ts';
import { manifestErrors } from './manifest.ts';
import { modelErrors } from './model.ts';
import { optimizeErrors } from './optimize.ts';
import { packageErrors } from './package.ts';
import { pipelineErrors } from './pipeline.ts';
import { probeErrors } from './probe.ts';
import { pythonErrors } from './python.ts';
import { repositoryErrors } from './repository.ts';
import type { ErrorRow } from './row.ts';
import { runtimeErrors } from './runtime.ts';

/** Every error mdeploy can show, by code. `docs/errors.md` is made from it and tested against it both ways. */
export const catalogue = {
  ...benchErrors,
  ...cliErrors,
  ...convertErrors,
  ...manifestErrors,
  ...modelErrors,
  ...inferenceErrors,
  ...optimizeErrors,
  ...packageErrors,
  ...pipelineErrors,
  ...probeErrors,
  ...pythonErrors,
  ...runtimeErrors,
  ...repositoryErrors,
  ...imageErrors,
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof catalogue;
