export interface Nesting {
  /** Lists around the value. */
  readonly level: number;
  /** Lists around every element, as the first one met has it. */
  readonly rank: number;
}

/** A value whose neighbours are lists, or a list whose neighbours are values. */
export class NestingFault {
  readonly kind: 'list' | 'value';
  readonly nesting: Nesting;
  /** The value as sent, cut after 256 bytes. */
  readonly text: string;

  constructor(kind: 'list' | 'value', nesting: Nesting, text: string) {
    this.kind = kind;
    this.nesting = nesting;
    this.text = text;
  }
}

/** A list of another length than the first one of its level. */
export class LengthFault {
  readonly level: number;
  readonly length: number;
  readonly expected: number;

  constructor(level: number, length: number, expected: number) {
    this.level = level;
    this.length = length;
    this.expected = expected;
  }
}
