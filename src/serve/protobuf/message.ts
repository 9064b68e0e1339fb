import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

/** A message type: wire bytes ↔ an object with a property per field. */
export interface Message<T> {
  /**
   * Lists and bytes may share memory with `bytes`. Fields that are not there have their default; nested messages
   * and members of a oneof are undefined.
   * @throws MdeployError `BODY_MALFORMED`
   */
  decode(bytes: Uint8Array): T;
  /** Fields that are left out have their default. */
  encode(value: Init<T>): Buffer;
  blank(): T;
  /** Reads the field of a tag that was just read. */
  readField(reader: Reader, into: T, tag: number): void;
  finish(target: T): void;
  /** Bytes of the fields; sizes of nested parts are put into `sizes` in the order of writing. */
  size(value: Init<T>, sizes: number[]): number;
  write(writer: Writer, value: Init<T>): void;
}

/** One field of a message: how it is read into the object and written from it. */
export interface Field {
  readonly key: string;
  /** Tags it is read from: number and wire type. */
  readonly tags: readonly number[];
  blank(): unknown;
  read(reader: Reader, into: Record<string, unknown>, tag: number): void;
  /** Called when the message is read. */
  finish?(target: Record<string, unknown>): void;
  size(from: Readonly<Record<string, unknown>>, sizes: number[]): number;
  write(writer: Writer, from: Readonly<Record<string, unknown>>): void;
}

type Leaf = string | number | bigint | boolean | ArrayBufferView | undefined;

export type Init<T> = T extends Leaf
  ? T
  : T extends ReadonlyMap<infer K, infer V>
    ? ReadonlyMap<K, Init<V>>
    : T extends readonly (infer E)[]
      ? readonly Init<E>[]
      : { readonly [K in keyof T]?: Init<T[K]> | undefined };

/** @param list called on first use, so that messages may name each other in any order */
export function message<T extends object>(list: () => readonly Field[]): Message<T> {
  let fields: readonly Field[] | undefined;
  const byTag = new Map<number, Field>();
  const compiled = () => {
    if (!fields) {
      fields = list();
      for (const field of fields) for (const tag of field.tags) byTag.set(tag, field);
    }
    return fields;
  };
  const type: Message<T> = {
    decode(bytes) {
      const reader = new Reader(bytes);
      const target = type.blank();
      reader.fields((tag) => type.readField(reader, target, tag));
      type.finish(target);
      return target;
    },
    encode(value) {
      const sizes: number[] = [];
      const writer = new Writer(type.size(value, sizes), sizes);
      type.write(writer, value);
      return writer.bytes;
    },
    blank() {
      const target: Record<string, unknown> = {};
      for (const field of compiled()) target[field.key] = field.blank();
      return target as T;
    },
    readField(reader, into, tag) {
      const field = byTag.get(tag);
      if (field) field.read(reader, into as Record<string, unknown>, tag);
      else reader.skip(tag);
    },
    finish(target) {
      for (const field of compiled()) field.finish?.(target as Record<string, unknown>);
    },
    size(value, sizes) {
      let size = 0;
      for (const field of compiled()) size += field.size(value as Record<string, unknown>, sizes);
      return size;
    },
    write(writer, value) {
      for (const field of compiled()) field.write(writer, value as Record<string, unknown>);
    },
  };
  return type;
}
