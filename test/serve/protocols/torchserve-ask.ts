import { torchserve } from '../../../src/serve/protocols/torchserve.ts';
import { catalogueOf, modelFacts } from '../catalogue.ts';
import { changeable } from '../noted-changes.ts';
import { sender, shown } from '../send.ts';

export const send = sender([torchserve]);
export const catalogue = catalogueOf(
  modelFacts({ version: '2' }),
  modelFacts(),
  modelFacts({ name: 'wine', version: '1.4.0' }),
);

/** Status and document of a call that may change what is served, and what it did. */
export async function ask(method: string, path: string, body = '') {
  const { server, calls, proofs } = changeable();
  const { status, document } = shown(await send(method, path, { body, server, catalogue }));
  return { status, document: document as Record<string, unknown>, calls, proofs };
}

/** What TorchServe says where nobody waits. */
export const processing = { status: 'Processing worker updates...' };
