import type { PickleReader } from './reader.ts';
import type { PickleStack } from './stack.ts';
import { isKind, type PickleGlobal, type PickleValue } from './value.ts';

type Seen = (found: PickleGlobal) => PickleGlobal;
type Opcode = (reader: PickleReader, stack: PickleStack, seen: Seen) => void;

/** Does what one opcode does to the stack. @throws RangeError when there is no such opcode, or nothing for it to take */
export function step(code: number, reader: PickleReader, stack: PickleStack, seen: Seen): void {
  const opcode = opcodes.get(code);
  if (opcode === undefined)
    throw new RangeError(`byte ${reader.at - 1} is no opcode (0x${code.toString(16)})`);
  opcode(reader, stack, seen);
}

const other: PickleValue = { kind: 'other' };

const constant =
  (read: (reader: PickleReader) => PickleValue): Opcode =>
  (reader, stack) =>
    stack.push(read(reader));

const skip =
  (bytes: number): Opcode =>
  (reader) =>
    void reader.slice(bytes);

const opcodes = new Map<number, Opcode>([
  // Numbers and constants.
  [0x49, constant((r) => number(r.line()))], // INT
  [0x4a, constant((r) => r.int32())], // BININT
  [0x4b, constant((r) => r.byte())], // BININT1
  [0x4d, constant((r) => r.uint16())], // BININT2
  [0x4c, constant((r) => number(r.line().replace(/L$/, '')))], // LONG
  [0x8a, constant((r) => long(r.slice(r.byte())))], // LONG1
  [0x8b, constant((r) => long(r.slice(r.int32())))], // LONG4
  [0x46, constant((r) => Number(r.line()))], // FLOAT
  [0x47, constant((r) => r.float64())], // BINFLOAT
  [0x4e, constant(() => null)], // NONE
  [0x88, constant(() => true)], // NEWTRUE
  [0x89, constant(() => false)], // NEWFALSE
  // Text and bytes.
  [0x53, constant((r) => r.line().replace(/^(['"])(.*)\1$/, '$2'))], // STRING
  [0x54, constant((r) => r.text(r.int32()))], // BINSTRING
  [0x55, constant((r) => r.text(r.byte()))], // SHORT_BINSTRING
  [0x56, constant((r) => r.line())], // UNICODE
  [0x58, constant((r) => r.text(r.uint32()))], // BINUNICODE
  [0x8c, constant((r) => r.text(r.byte()))], // SHORT_BINUNICODE
  [0x8d, constant((r) => r.text(r.uint64()))], // BINUNICODE8
  [0x42, constant((r) => r.slice(r.uint32()))], // BINBYTES
  [0x43, constant((r) => r.slice(r.byte()))], // SHORT_BINBYTES
  [0x8e, constant((r) => r.slice(r.uint64()))], // BINBYTES8
  [0x96, constant((r) => r.slice(r.uint64()))], // BYTEARRAY8
  [0x97, constant(() => other)], // NEXT_BUFFER
  [0x98, () => undefined], // READONLY_BUFFER
  // Containers.
  [0x28, (_, s) => s.mark()], // MARK
  [0x5d, (_, s) => s.push({ kind: 'list', items: [] })], // EMPTY_LIST
  [0x7d, (_, s) => s.push({ kind: 'dict', entries: [] })], // EMPTY_DICT
  [0x29, (_, s) => s.push({ kind: 'tuple', items: [] })], // EMPTY_TUPLE
  [0x8f, (_, s) => s.push({ kind: 'set', items: [] })], // EMPTY_SET
  [0x6c, (_, s) => s.push({ kind: 'list', items: s.popMark() })], // LIST
  [0x74, (_, s) => s.push({ kind: 'tuple', items: s.popMark() })], // TUPLE
  [0x91, (_, s) => s.push({ kind: 'set', items: s.popMark() })], // FROZENSET
  [0x64, (_, s) => s.push({ kind: 'dict', entries: pairs(s.popMark()) })], // DICT
  [0x85, (_, s) => tuple(s, 1)], // TUPLE1
  [0x86, (_, s) => tuple(s, 2)], // TUPLE2
  [0x87, (_, s) => tuple(s, 3)], // TUPLE3
  [0x61, (_, s) => append(s, [s.pop()])], // APPEND
  [0x65, (_, s) => append(s, s.popMark())], // APPENDS
  [0x90, (_, s) => append(s, s.popMark())], // ADDITEMS
  [0x73, (_, s) => set(s, [s.pop(), s.pop()].reverse())], // SETITEM
  [0x75, (_, s) => set(s, s.popMark())], // SETITEMS
  // The stack and the memo.
  [0x30, (_, s) => s.drop()], // POP
  [0x31, (_, s) => void s.popMark()], // POP_MARK
  [0x32, (_, s) => s.push(s.peek())], // DUP
  [0x67, (r, s) => s.recall(number(r.line()))], // GET
  [0x68, (r, s) => s.recall(r.byte())], // BINGET
  [0x6a, (r, s) => s.recall(r.uint32())], // LONG_BINGET
  [0x70, (r, s) => void s.memo.set(number(r.line()), s.peek())], // PUT
  [0x71, (r, s) => void s.memo.set(r.byte(), s.peek())], // BINPUT
  [0x72, (r, s) => void s.memo.set(r.uint32(), s.peek())], // LONG_BINPUT
  [0x94, (_, s) => void s.memo.set(s.memo.size, s.peek())], // MEMOIZE
  // Imports and calls: what a scan is for.
  [0x63, (r, s, seen) => s.push(seen({ kind: 'global', module: r.line(), name: r.line() }))], // GLOBAL
  [0x93, stackGlobal],
  [
    0x69,
    (r, s, seen) => instance(s, seen({ kind: 'global', module: r.line(), name: r.line() }), s.popMark()),
  ], // INST
  [0x6f, obj],
  [0x52, reduce],
  [0x81, reduce], // NEWOBJ
  [0x92, newObjectEx],
  [0x62, build],
  // The registry of copyreg: which import a number stands for is not in the file.
  [0x82, (r, s, seen) => s.push(seen(extension(r.byte())))], // EXT1
  [0x83, (r, s, seen) => s.push(seen(extension(r.uint16())))], // EXT2
  [0x84, (r, s, seen) => s.push(seen(extension(r.int32())))], // EXT4
  // Persistent ids are handed to the program that loads: PyTorch keeps its storages there.
  [0x50, persistentId], // PERSID
  [0x51, (_, s) => replaceTop(s)], // BINPERSID
  [0x80, skip(1)], // PROTO
  [0x95, skip(8)], // FRAME
]);

function persistentId(reader: PickleReader, stack: PickleStack): void {
  reader.line();
  stack.push(other);
}

function replaceTop(stack: PickleStack): void {
  stack.pop();
  stack.push(other);
}

function stackGlobal(_: PickleReader, stack: PickleStack, seen: Seen): void {
  const name = stack.pop();
  const module = stack.pop();
  if (typeof name !== 'string' || typeof module !== 'string')
    throw new RangeError('it computes what it imports');
  stack.push(seen({ kind: 'global', module, name }));
}

function obj(_: PickleReader, stack: PickleStack): void {
  const [of = other, ...args] = stack.popMark();
  instance(stack, of, args);
}

function instance(stack: PickleStack, of: PickleValue, items: PickleValue[]): void {
  stack.push({ kind: 'object', of, args: { kind: 'tuple', items } });
}

function reduce(_: PickleReader, stack: PickleStack): void {
  const args = stack.pop();
  stack.push({ kind: 'object', of: stack.pop(), args });
}

function newObjectEx(_: PickleReader, stack: PickleStack): void {
  stack.pop();
  const args = stack.pop();
  stack.push({ kind: 'object', of: stack.pop(), args });
}

function build(_: PickleReader, stack: PickleStack): void {
  const state = stack.pop();
  const target = stack.peek();
  if (isKind(target, 'object')) target.state = state;
}

function extension(code: number): PickleGlobal {
  return { kind: 'global', module: 'copyreg', name: `extension ${code}` };
}

function tuple(stack: PickleStack, count: number): void {
  const items = Array.from({ length: count }, () => stack.pop()).reverse();
  stack.push({ kind: 'tuple', items });
}

function append(stack: PickleStack, items: readonly PickleValue[]): void {
  const target = stack.peek();
  if (isKind(target, 'list') || isKind(target, 'set')) for (const item of items) target.items.push(item);
}

// An OrderedDict is an object that gets items.
function set(stack: PickleStack, items: readonly PickleValue[]): void {
  const target = stack.peek();
  if (isKind(target, 'dict')) for (const pair of pairs(items)) target.entries.push(pair);
  else if (isKind(target, 'object')) {
    if (!isKind(target.state, 'dict')) target.state = { kind: 'dict', entries: [] };
    for (const pair of pairs(items)) target.state.entries.push(pair);
  }
}

function pairs(items: readonly PickleValue[]): [PickleValue, PickleValue][] {
  const found: [PickleValue, PickleValue][] = [];
  for (let at = 0; at + 1 < items.length; at += 2) found.push([items[at]!, items[at + 1]!]);
  return found;
}

// INT also says true and false, as 01 and 00.
function number(text: string): number {
  return Number(text);
}

function long(bytes: Uint8Array): number {
  let value = 0n;
  for (let at = bytes.length - 1; at >= 0; at--) value = value * 256n + BigInt(bytes[at]!);
  const isNegative = bytes.length > 0 && (bytes.at(-1)! & 0x80) !== 0;
  return Number(isNegative ? value - (1n << BigInt(8 * bytes.length)) : value);
}
