import type { Check } from './check.ts';
import { accelerator } from './checks/accelerator.ts';
import { conversion } from './checks/conversion.ts';
import { files } from './checks/files.ts';
import { graph } from './checks/graph.ts';
import { loads } from './checks/loads.ts';
import { locale } from './checks/locale.ts';
import { lock } from './checks/lock.ts';
import { manifest } from './checks/manifest.ts';
import { samples } from './checks/samples.ts';
import { signature } from './checks/signature.ts';
import { size } from './checks/size.ts';
import { variants } from './checks/variants.ts';
import { versions } from './checks/versions.ts';

/** Every check, in the order they are run and shown; each comes after those it needs. All are run: none is lazy. */
export const checks: readonly Check[] = [
  lock,
  manifest,
  files,
  graph,
  conversion,
  versions,
  signature,
  accelerator,
  locale,
  loads,
  samples,
  variants,
  size,
];
