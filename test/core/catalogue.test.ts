import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { catalogue } from '../../src/core/errors/catalogue.ts';

// A spread silently keeps the last of two rows with one code.
it('has every row of every area, each code once', async () => {
  const folder = join(import.meta.dirname, '../../src/core/errors');
  const areas = readdirSync(folder).filter((name) => !/^(catalogue|error|row)\.ts$/.test(name));
  const codes: string[] = [];
  for (const area of areas) {
    const module = (await import(join(folder, area))) as Record<string, Record<string, unknown>>;
    for (const [name, rows] of Object.entries(module))
      if (name.endsWith('Errors')) codes.push(...Object.keys(rows));
  }
  expect(codes.sort()).toEqual(Object.keys(catalogue).sort());
});
