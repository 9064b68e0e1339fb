import type { Signature } from '../core/tensor.ts';
import { columnsProblem } from '../manifest/complete.ts';
import type { Manifest } from '../manifest/manifest.ts';

/**
 * Names of the features by input, as clients know the inputs. A step may change what the last axis is: then nobody knows
 * where a column belongs.
 * @param taken what clients send, before `preprocess`
 * @throws MdeployError `MANIFEST_COLUMNS_COUNT`
 */
export function columnsOf(
  { inputs }: Pick<Manifest, 'inputs'>,
  taken: Signature['inputs'],
): ReadonlyMap<string, readonly string[]> {
  const known = new Map<string, readonly string[]>();
  for (const { name, columns } of inputs) {
    if (!columns) continue;
    const spec = taken.find((each) => each.name === name);
    const wrong = columnsProblem(name, columns, spec);
    if (wrong) throw wrong;
    known.set(name, columns);
  }
  return known;
}
