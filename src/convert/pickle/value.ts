/** A class or function that a pickle asks Python to import. */
export interface PickleGlobal {
  readonly kind: 'global';
  readonly module: string;
  readonly name: string;
}

/** What `REDUCE`, `NEWOBJ` and the like would make by calling `of`; nothing is called here. */
export interface PickleObject {
  readonly kind: 'object';
  readonly of: PickleValue;
  readonly args: PickleValue;
  state?: PickleValue;
}

export interface PickleDict {
  readonly kind: 'dict';
  readonly entries: [PickleValue, PickleValue][];
}

export interface PickleList {
  readonly kind: 'list' | 'tuple' | 'set';
  readonly items: PickleValue[];
}

/** Of what a pickle would build, as much as is needed to know what it is. */
export type PickleValue =
  | string
  | number
  | boolean
  | null
  | Uint8Array
  | PickleGlobal
  | PickleObject
  | PickleDict
  | PickleList
  | { readonly kind: 'other' };

/** The value of a text key, of a dict or of a dict's like (OrderedDict, an object's state). */
export function get(value: PickleValue | undefined, key: string): PickleValue | undefined {
  if (!isKind(value, 'dict')) return undefined;
  return value.entries.find(([found]) => found === key)?.[1];
}

export function isKind<K extends 'global' | 'object' | 'dict' | 'list' | 'tuple' | 'set'>(
  value: PickleValue | undefined,
  kind: K,
): value is Extract<PickleValue, { readonly kind: unknown }> &
  (K extends 'global'
    ? PickleGlobal
    : K extends 'object'
      ? PickleObject
      : K extends 'dict'
        ? PickleDict
        : PickleList) {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind;
}

/** `sklearn.linear_model._logistic.LogisticRegression` of an object's class; undefined for anything else. */
export function className(value: PickleValue | undefined): string | undefined {
  if (!isKind(value, 'object')) return undefined;
  const { of, args } = value;
  // copyreg._reconstructor(cls, object, None) is how protocols 0 and 1 say NEWOBJ.
  const isOld = isKind(of, 'global') && of.name === '_reconstructor' && isKind(args, 'tuple');
  const cls = isOld ? args.items[0] : of;
  return isKind(cls, 'global') ? `${cls.module}.${cls.name}` : undefined;
}
