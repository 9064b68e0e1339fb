import { type Dim, showSpec, type TensorSpec } from '../core/tensor.ts';
import type { Change } from './change.ts';

export type Role = 'input' | 'output';

/** Names of one side by the names of the other, where a tensor was renamed. */
export type Renamed = ReadonlyMap<string, string>;

export interface TensorChanges {
  readonly changes: readonly Change[];
  /** Name before → name after. */
  readonly renamed: Renamed;
}

/** What changed in the tensors of one side of a model, as clients see them. */
export function tensorChanges(
  role: Role,
  before: readonly TensorSpec[],
  after: readonly TensorSpec[],
): TensorChanges {
  const gone = before.filter(({ name }) => !named(after, name));
  const fresh = after.filter(({ name }) => !named(before, name));
  const renamed = pairUp(gone, fresh);
  const changes = before.flatMap((spec) => {
    const to = renamed.get(spec.name);
    const other = named(after, to ?? spec.name);
    if (other === undefined) return [removed(role, spec)];
    return [...(to === undefined ? [] : [renaming(role, spec.name, to)]), ...specChanges(role, spec, other)];
  });
  const taken = new Set(renamed.values());
  const added = fresh.filter(({ name }) => !taken.has(name));
  changes.push(...added.map((spec) => addition(role, spec, before.length)));
  const kept = before.map(({ name }) => renamed.get(name) ?? name);
  const order = after.map(({ name }) => name).filter((name) => kept.includes(name));
  const common = kept.filter((name) => order.includes(name));
  if (common.join('\0') !== order.join('\0')) changes.push(reordered(role, common, order));
  return { changes, renamed };
}

function named(specs: readonly TensorSpec[], name: string): TensorSpec | undefined {
  return specs.find((spec) => spec.name === name);
}

// A tensor that went and one that came are the same one where nothing but the name tells them apart.
function pairUp(gone: readonly TensorSpec[], fresh: readonly TensorSpec[]): Map<string, string> {
  const pairs = new Map<string, string>();
  for (const spec of gone) {
    const like = fresh.filter((other) => isAlike(spec, other));
    const rivals = gone.filter((other) => isAlike(other, spec));
    if (like.length === 1 && rivals.length === 1) pairs.set(spec.name, like[0]!.name);
  }
  return pairs;
}

function isAlike(a: TensorSpec, b: TensorSpec): boolean {
  if (a.datatype !== b.datatype || a.shape === null || b.shape === null) return false;
  if (a.shape.length !== b.shape.length) return false;
  return a.shape.every((dim, axis) => typeof dim !== 'number' || dim === b.shape![axis]);
}

function removed(role: Role, spec: TensorSpec): Change {
  const why = role === 'input' ? 'requests that send it are refused' : 'clients that read it find nothing';
  return { ...about(role, spec.name, 'removed'), breaking: true, before: showSpec(spec), after: null, why };
}

function renaming(role: Role, from: string, to: string): Change {
  const why = 'clients use the old name';
  return { ...about(role, from, 'renamed'), breaking: true, before: from, after: to, why };
}

function addition(role: Role, spec: TensorSpec, count: number): Change {
  const entry = { ...about(role, spec.name, 'added'), before: null, after: showSpec(spec) };
  if (role === 'input') return { ...entry, breaking: true, why: 'clients do not send it' };
  // A lone output is the answer itself in plain and TensorFlow Serving's JSON; several are an object.
  if (count === 1) return { ...entry, breaking: true, why: 'a lone output is answered without its name' };
  return { ...entry, breaking: false, why: 'clients read outputs by name' };
}

function reordered(role: Role, before: readonly string[], after: readonly string[]): Change {
  const entry = {
    subject: `${role}s`,
    change: 'order',
    before: before.join(', '),
    after: after.join(', '),
  };
  return role === 'input'
    ? { ...entry, breaking: false, why: 'clients send inputs by name' }
    : { ...entry, breaking: true, why: 'clients that take the first output get another one' };
}

function specChanges(role: Role, before: TensorSpec, after: TensorSpec): Change[] {
  const changes: Change[] = [];
  if (before.datatype !== after.datatype)
    changes.push({
      ...about(role, before.name, 'datatype'),
      breaking: true,
      before: before.datatype,
      after: after.datatype,
      why: role === 'input' ? 'what clients send is refused or read otherwise' : 'clients read another type',
    });
  return [...changes, ...shapeChanges(role, before, after)];
}

function shapeChanges(role: Role, before: TensorSpec, after: TensorSpec): Change[] {
  const shown = { before: showSpec(before), after: showSpec(after) };
  if (before.shape === null && after.shape === null) return [];
  if (before.shape === null || after.shape === null) {
    const isNarrower = before.shape === null;
    const change = isNarrower ? 'rank fixed' : 'rank free';
    return [{ ...about(role, before.name, change), ...verdict(role, isNarrower), ...shown }];
  }
  if (before.shape.length !== after.shape.length)
    return [
      {
        ...about(role, before.name, 'rank'),
        breaking: true,
        ...shown,
        why: 'the number of axes is another one',
      },
    ];
  return before.shape.flatMap((dim, axis) => axisChange(role, before.name, axis, [dim, after.shape![axis]!]));
}

function axisChange(role: Role, name: string, axis: number, [from, to]: readonly [Dim, Dim]): Change[] {
  if (from === to) return [];
  const shown = { before: showDim(from), after: showDim(to) };
  const on = (change: string) => about(role, name, `axis ${axis} ${change}`);
  if (typeof from === 'number' && typeof to === 'number')
    return [{ ...on('length'), breaking: true, ...shown, why: 'the length is another one' }];
  if (typeof from === 'number') return [{ ...on('freed'), ...verdict(role, false), ...shown }];
  if (typeof to === 'number') return [{ ...on('fixed'), ...verdict(role, true), ...shown }];
  const why = 'the names of free axes are for people';
  return [{ ...on('renamed'), breaking: false, ...shown, why }];
}

// What goes in must not become narrower, what comes out must not become wider.
function verdict(role: Role, isNarrower: boolean): Pick<Change, 'breaking' | 'why'> {
  if (role === 'input')
    return isNarrower
      ? { breaking: true, why: 'shapes that were taken are refused' }
      : { breaking: false, why: 'every shape that was taken still is' };
  return isNarrower
    ? { breaking: false, why: 'every answer has a shape that was promised' }
    : { breaking: true, why: 'answers may have shapes that were not promised' };
}

function about(role: Role, name: string, change: string): Pick<Change, 'subject' | 'change'> {
  return { subject: `${role} "${name}"`, change };
}

function showDim(dim: Dim): string {
  return dim === '' ? '?' : String(dim);
}
