/** One field of a message: its number, and its value as a number (varint) or as bytes. */
export interface Field {
  readonly number: number;
  readonly value: bigint | Buffer;
}

const none = Buffer.alloc(0);

/** A field of bytes, text or a message inside. */
export function bytesField(number: number, value: string | Uint8Array): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([varint(BigInt((number << 3) | 2)), varint(BigInt(bytes.length)), bytes]);
}

/** A field of one whole number. */
export function numberField(number: number, value: number): Buffer {
  return Buffer.concat([varint(BigInt(number << 3)), varint(BigInt(value))]);
}

/** A packed list of whole numbers; an empty list is no field. */
export function packedField(number: number, values: readonly (number | bigint)[]): Buffer {
  if (values.length === 0) return none;
  return bytesField(number, Buffer.concat(values.map((value) => varint(BigInt.asUintN(64, BigInt(value))))));
}

/**
 * The fields of a message in their order; numbers of fixed width are bytes.
 * @throws SyntaxError when it is cut off, or no message
 */
export function fieldsOf(message: Buffer): readonly Field[] {
  const fields: Field[] = [];
  for (let at = 0; at < message.length; ) {
    const tag = readVarint(message, at);
    const kind = Number(tag.value & 7n);
    const number = Number(tag.value >> 3n);
    at = tag.end;
    if (kind === 0) {
      const { value, end } = readVarint(message, at);
      fields.push({ number, value });
      at = end;
      continue;
    }
    const { value, end } =
      kind === 2 ? readVarint(message, at) : { value: BigInt(widths.get(kind) ?? -1), end: at };
    at = end + Number(value);
    if (value < 0n || at > message.length)
      throw new SyntaxError('the answer is no protobuf message, or cut off');
    fields.push({ number, value: message.subarray(end, at) });
  }
  return fields;
}

/** A list of whole numbers, packed or one by one. @throws SyntaxError */
export function integersOf(values: readonly Field['value'][]): readonly bigint[] {
  return values.flatMap((value) => (Buffer.isBuffer(value) ? unpack(value) : [value]));
}

function unpack(bytes: Buffer): bigint[] {
  const values: bigint[] = [];
  for (let at = 0; at < bytes.length; ) {
    const { value, end } = readVarint(bytes, at);
    values.push(value);
    at = end;
  }
  return values;
}

/** Bytes of a value by wire type, where all values have as many. */
const widths = new Map([
  [1, 8],
  [5, 4],
]);

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

function readVarint(bytes: Buffer, from: number): { readonly value: bigint; readonly end: number } {
  let value = 0n;
  for (let at = from; at < bytes.length && at < from + 10; at++) {
    const byte = bytes[at]!;
    value |= BigInt(byte & 127) << BigInt(7 * (at - from));
    if (byte < 128) return { value, end: at + 1 };
  }
  throw new SyntaxError('the answer is no protobuf message, or cut off');
}
