/** A tiny protobuf writer, independent of the reader under test, and builders of ONNX messages by field number. */

export type Part = Uint8Array | readonly Part[];

export function bytes(...parts: readonly Part[]): Uint8Array {
  return Buffer.concat(flatten(parts));
}

export function int(field: number, value: number | bigint): Uint8Array {
  return bytes(varint(field * 8), varint(value));
}

export function str(field: number, value: string | Uint8Array): Uint8Array {
  const content = typeof value === 'string' ? Buffer.from(value) : value;
  return bytes(varint(field * 8 + 2), varint(content.length), content);
}

export function msg(field: number, ...parts: readonly Part[]): Uint8Array {
  return str(field, bytes(...parts));
}

/** A length-delimited field that claims `length` bytes and has none. */
export function claim(field: number, length: number): Uint8Array {
  return bytes(varint(field * 8 + 2), varint(length));
}

export function varint(value: number | bigint): Uint8Array {
  const out: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  while (rest > 0x7fn) {
    out.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  out.push(Number(rest));
  return Uint8Array.from(out);
}

/** ModelProto: IR 8, ai.onnx 17 and what is given. */
export function model(...parts: readonly Part[]): Uint8Array {
  return bytes(int(1, 8), parts, opset('', 17));
}

export function opset(domain: string, version: number): Uint8Array {
  return msg(8, str(1, domain), int(2, version));
}

/** ModelProto.graph with an FP32[N] input x and output y. */
export function graph(...parts: readonly Part[]): Uint8Array {
  return msg(7, parts, str(2, 'g'), msg(11, floatValue('x')), msg(12, floatValue('y')));
}

/** ModelProto.graph with nothing but what is given. */
export function bareGraph(...parts: readonly Part[]): Uint8Array {
  return msg(7, parts);
}

/** ValueInfoProto of tensor(float)[N]. */
export function floatValue(name: string): Uint8Array {
  return value(name, tensorType(1, str(2, 'N')));
}

export function value(name: string, type: Uint8Array): Uint8Array {
  return bytes(str(1, name), msg(2, type));
}

/** TypeProto.tensor_type; each dim is the content of a Dimension. */
export function tensorType(element: number, ...dims: readonly Uint8Array[]): Uint8Array {
  return msg(1, int(1, element), msg(2, ...dims.map((dim) => msg(1, dim))));
}

/** GraphProto.node. */
export function node(opType: string, ...parts: readonly Part[]): Uint8Array {
  return msg(1, nodeBody(opType, ...parts));
}

export function nodeBody(opType: string, ...parts: readonly Part[]): Uint8Array {
  return bytes(str(1, 'x'), str(2, 'y'), str(4, opType), parts);
}

/** NodeProto.attribute. */
export function attribute(name: string, ...parts: readonly Part[]): Uint8Array {
  return msg(5, str(1, name), parts);
}

/** ModelProto.functions: a body that calls the functions named. */
export function localFunction(name: string, ...callees: readonly string[]): Uint8Array {
  return msg(
    25,
    str(1, name),
    str(4, 'x'),
    str(5, 'y'),
    callees.map((callee) => msg(7, nodeBody(callee, str(7, 'local')))),
    str(10, 'local'),
  );
}

/** The content of a TensorProto whose data lies in another file. */
export function externalTensor(
  name: string,
  location: string,
  keys: Readonly<Record<string, string>> = {},
): Uint8Array {
  const entry = (key: string, text: string): Uint8Array => msg(13, str(1, key), str(2, text));
  return bytes(
    int(1, 2),
    int(2, 1),
    str(8, name),
    entry('location', location),
    Object.entries(keys).map(([key, text]) => entry(key, text)),
    int(14, 1),
  );
}

function flatten(parts: readonly Part[]): Uint8Array[] {
  return parts.flatMap((part) => (part instanceof Uint8Array ? [part] : flatten(part)));
}
