import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { generated, protoFolder } from '../../scripts/proto/generate.ts';

describe('the generated message tables', () => {
  test.each([...generated()])('%s is what scripts/proto.ts makes of the .proto files', (file, text) => {
    expect(readFileSync(join(protoFolder, file), 'utf8')).toBe(text);
  });
});
