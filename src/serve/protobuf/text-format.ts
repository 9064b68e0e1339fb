/** A message in protobuf's text format: its fields in the order they are written. */
export interface TextMessage {
  readonly fields: readonly TextField[];
}

export interface TextField {
  readonly name: string;
  readonly value: TextValue;
  readonly line: number;
  readonly column: number;
}

export type TextValue =
  | { readonly kind: 'message'; readonly message: TextMessage }
  | { readonly kind: 'string'; readonly text: string }
  /** A number, or a name such as `true`. */
  | { readonly kind: 'word'; readonly text: string };

/** What is wrong, and where; lines and columns count from 1. */
export class TextFault extends Error {
  readonly line: number;
  readonly column: number;

  constructor(reason: string, { line, column }: { readonly line: number; readonly column: number }) {
    super(reason);
    this.line = line;
    this.column = column;
  }
}

/**
 * Reads the text format as far as configurations use it: fields, messages in braces or angle brackets, lists, joined
 * strings with escapes, `,` and `;` between fields, comments (protobuf.dev, "Text Format Language Specification").
 * @throws TextFault
 */
export function parseTextFormat(text: string): TextMessage {
  const tokens = new Tokens(text);
  const message = readMessage(tokens, undefined, 0);
  return message;
}

const maxDepth = 32;
const closers: Readonly<Record<string, string>> = { '{': '}', '<': '>' };

function readMessage(tokens: Tokens, close: string | undefined, depth: number): TextMessage {
  if (depth > maxDepth) throw tokens.fault(`messages lie deeper than ${maxDepth} in each other`);
  const fields: TextField[] = [];
  for (let token = tokens.next(); token.text !== (close ?? ''); token = tokens.next()) {
    if (token.kind !== 'word' || !/^[A-Za-z_]\w*$/.test(token.text))
      throw tokens.fault(`expected the name of a field, not ${token.shown}`, token);
    const { text: name, line, column } = token;
    for (const value of readValues(tokens, depth)) fields.push({ name, value, line, column });
    tokens.skip(',', ';');
  }
  return { fields };
}

// A list stands for the field written once for each of its items.
function readValues(tokens: Tokens, depth: number): TextValue[] {
  const hasColon = tokens.skip(':');
  if (!tokens.skip('[')) return [readValue(tokens, depth, hasColon)];
  const values: TextValue[] = [];
  while (!tokens.skip(']')) {
    values.push(readValue(tokens, depth, hasColon));
    tokens.skip(',');
  }
  return values;
}

function readValue(tokens: Tokens, depth: number, hasColon: boolean): TextValue {
  const token = tokens.next();
  const close = token.kind === 'sign' ? closers[token.text] : undefined;
  if (close !== undefined) return { kind: 'message', message: readMessage(tokens, close, depth + 1) };
  if (!hasColon) throw tokens.fault(`expected ":" or "{", not ${token.shown}`, token);
  if (token.kind === 'string') {
    let { text } = token;
    while (tokens.peek().kind === 'string') text += tokens.next().text;
    return { kind: 'string', text };
  }
  if (token.kind === 'word') return { kind: 'word', text: token.text };
  throw tokens.fault(`expected a value, not ${token.shown}`, token);
}

interface Token {
  readonly kind: 'word' | 'string' | 'sign' | 'end';
  readonly text: string;
  /** For messages. */
  readonly shown: string;
  readonly line: number;
  readonly column: number;
}

class Tokens {
  readonly #text: string;
  #at = 0;
  #line = 1;
  #lineStart = 0;
  #ahead: Token | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  next(): Token {
    const token = this.peek();
    this.#ahead = undefined;
    return token;
  }

  peek(): Token {
    this.#ahead ??= this.#read();
    return this.#ahead;
  }

  /** Passes over the next token if it is one of these signs. */
  skip(...signs: readonly string[]): boolean {
    const token = this.peek();
    const isThere = token.kind === 'sign' && signs.includes(token.text);
    if (isThere) this.#ahead = undefined;
    return isThere;
  }

  fault(reason: string, at: Pick<Token, 'line' | 'column'> = this.#place()): TextFault {
    return new TextFault(reason, at);
  }

  #read(): Token {
    this.#passBlanks();
    const place = this.#place();
    const rest = this.#text.slice(this.#at, this.#at + 4096);
    if (rest === '') return { kind: 'end', text: '', shown: 'the end', ...place };
    const word = /^[-+]?[\w.]+/.exec(rest)?.[0];
    if (word !== undefined) {
      this.#at += word.length;
      return { kind: 'word', text: word, shown: `"${word}"`, ...place };
    }
    const quoted = /^"(?:[^"\\\n]|\\.)*"|^'(?:[^'\\\n]|\\.)*'/.exec(rest)?.[0];
    if (quoted !== undefined) {
      this.#at += quoted.length;
      return { kind: 'string', text: unescaped(quoted.slice(1, -1)), shown: quoted, ...place };
    }
    const sign = rest[0]!;
    if (sign === '"' || sign === "'") throw this.fault('a string does not end on its line', place);
    if (!'{}<>[]:,;'.includes(sign)) throw this.fault(`"${sign}" is not expected here`, place);
    this.#at += 1;
    return { kind: 'sign', text: sign, shown: `"${sign}"`, ...place };
  }

  #passBlanks(): void {
    const pattern = /\s+|#[^\n]*/y;
    for (;;) {
      pattern.lastIndex = this.#at;
      const blank = pattern.exec(this.#text)?.[0];
      if (blank === undefined) return;
      const lineEnd = blank.lastIndexOf('\n');
      if (lineEnd >= 0) {
        this.#line += blank.split('\n').length - 1;
        this.#lineStart = this.#at + lineEnd + 1;
      }
      this.#at += blank.length;
    }
  }

  #place(): { line: number; column: number } {
    return { line: this.#line, column: this.#at - this.#lineStart + 1 };
  }
}

const simple: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
};

function unescaped(text: string): string {
  return text.replace(/\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|u[0-9a-fA-F]{4}|.)/g, (_, code: string) => {
    if (/^[xu]./.test(code)) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    if (/^[0-7]/.test(code)) return String.fromCharCode(Number.parseInt(code, 8));
    return simple[code] ?? code;
  });
}
