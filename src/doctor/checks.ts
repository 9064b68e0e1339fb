import type { DoctorCheck } from './check.ts';
import { credentials } from './checks/credentials.ts';
import { disk } from './checks/disk.ts';
import { docker } from './checks/docker.ts';
import { locale } from './checks/locale.ts';
import { memory } from './checks/memory.ts';
import { node } from './checks/node.ts';
import { platform } from './checks/platform.ts';
import { runtime } from './checks/runtime.ts';
import { telemetry } from './checks/telemetry.ts';

/** Every check of this machine, in the order they are shown. All are run: none is lazy. */
export const checks: readonly DoctorCheck[] = [
  node,
  platform,
  runtime,
  telemetry,
  locale,
  memory,
  disk,
  docker,
  credentials,
];
