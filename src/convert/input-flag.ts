import { failure } from '../core/errors/error.ts';
import { grammars } from '../core/names.ts';
import type { Dim, TensorSpec } from '../core/tensor.ts';
import { toDatatype, toDim } from '../manifest/normalise.ts';

/**
 * `image:FP32[batch,1,28,28]` → what the model takes; free axes are names, or `?` for one without.
 * @throws MdeployError `USAGE`
 */
export function parseInputFlag(text: string): TensorSpec {
  const [, name, type = '', axes = ''] = /^(.+):([A-Za-z0-9_]+)\[([^\]]*)\]$/.exec(text.trim()) ?? [];
  const datatype = toDatatype(type);
  const shape = axes.split(',').map((axis) => toAxis(axis.trim()));
  if (name === undefined || datatype === undefined || (axes.trim() !== '' && shape.includes(undefined))) {
    const problem = `--input must be like image:FP32[batch,1,28,28], not "${text}".`;
    throw failure('USAGE', { problem, verb: 'convert' }, { field: '--input', received: text });
  }
  return { name, datatype, shape: axes.trim() === '' ? [] : (shape as Dim[]) };
}

function toAxis(axis: string): Dim | undefined {
  if (/^\d{1,9}$/.test(axis)) return Number(axis);
  if (axis === '?' || axis === '-1') return toDim('?');
  return grammars.axis.test(axis) ? axis : undefined;
}
