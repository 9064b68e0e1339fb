import { expect, test } from 'vitest';
import { supportedProtocols } from '../../src/manifest/defaults.ts';
import { protocols } from '../../src/serve/protocols.ts';

test('every protocol that a manifest may name is there, and no other', async () => {
  expect(protocols.names.toSorted()).toEqual(supportedProtocols.toSorted());
  for (const name of protocols.names) expect((await protocols.load(name)).name).toBe(name);
});
