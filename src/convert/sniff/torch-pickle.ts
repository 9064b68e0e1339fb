import { className, get, isKind, type PickleGlobal, type PickleValue } from '../pickle/value.ts';
import type { Sniffed } from '../sniffed.ts';

interface Scanned {
  readonly globals: readonly PickleGlobal[];
  readonly broken?: string;
  readonly root?: PickleValue;
}

/** What `torch.save` wrote: weights by name, perhaps within a checkpoint, or a whole module. */
export function sniffTorchPickle({ globals, broken, root }: Scanned): Sniffed {
  const scan = { globals, ...(broken !== undefined && { broken }) };
  const isDict = isKind(root, 'dict') || className(root) === 'collections.OrderedDict';
  if (root !== undefined && !isDict) {
    const name = className(root)?.split('.').at(-1);
    const what = name === undefined ? {} : { what: `a pickled PyTorch module (${name})` };
    return { format: 'torch-pickle', ...what, ...scan };
  }
  const state = isKind(root, 'object') ? root.state : root;
  const key = checkpointKeys.find((candidate) => get(state, candidate) !== undefined);
  const isLightning = get(state, 'pytorch-lightning_version') !== undefined;
  const what = isLightning
    ? 'a PyTorch Lightning checkpoint'
    : key === undefined
      ? 'PyTorch weights without a model'
      : `a PyTorch checkpoint (weights under "${key}")`;
  return { format: 'torch-weights', what, ...scan };
}

/** Where training scripts put the weights within a checkpoint. */
export const checkpointKeys = [
  'state_dict',
  'model_state_dict',
  'model_state',
  'model',
  'net',
  'network',
  'weights',
  'module',
  'ema',
] as const;
