import { basename } from 'node:path';
import { failure } from '../core/errors/error.ts';
import { instructionsOf } from './dockerfile.ts';
import { fillTemplate, type Item, type Variables } from './template.ts';

/** Ending of the files in a template folder that are filled; all others are copied as they are. */
export const templateSuffix = '.tmpl';

/**
 * Fills one template. A Dockerfile is read back afterwards: it must have the very instructions that harmless values
 * of the same number give, so that no value can have become an instruction of its own.
 * @param path where the file will lie in the package
 * @throws MdeployError `TEMPLATE_INVALID`, `TEMPLATE_VALUE`
 */
export function renderFile(path: string, text: string, variables: Variables): string {
  const filled = fillTemplate(path, text, variables);
  if (!/dockerfile/i.test(basename(path))) return filled;
  const expected = instructionsOf(fillTemplate(path, text, harmless(variables)));
  const received = instructionsOf(filled);
  if (expected.join() !== received.join()) {
    throw failure(
      'TEMPLATE_VALUE',
      { variable: 'a variable', file: path, reason: 'it changes the instructions of the file' },
      { expected: expected.join(' '), received: received.join(' ') },
    );
  }
  return filled;
}

function harmless(variables: Variables): Variables {
  return Object.fromEntries(
    Object.entries(variables).map(([name, value]) => [
      name,
      Array.isArray(value) ? (value as Item[]).map(harmlessItem) : 'x',
    ]),
  );
}

function harmlessItem(item: Item): Item {
  return Object.fromEntries(
    Object.entries(item).map(([name, value]) => [name, Array.isArray(value) ? value.map(() => 'x') : 'x']),
  );
}
