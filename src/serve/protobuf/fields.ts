import type { ListType, NumberList } from './lists.ts';
import type { Field, Message } from './message.ts';
import { malformed, type Reader } from './reader.ts';
import { type Scalar, sized } from './scalars.ts';
import { varintSize } from './writer.ts';

/** A single value that is left out when it is the default. */
export function one<T>(number: number, key: string, scalar: Scalar<T>): Field {
  return {
    ...optional(number, key, scalar),
    blank: () => scalar.zero,
    size: (from, sizes) => {
      const value = from[key] as T | undefined;
      if (value === undefined || scalar.isZero(value)) return 0;
      return varintSize(number << 3) + scalar.size(value, sizes);
    },
    write: (writer, from) => {
      const value = from[key] as T | undefined;
      if (value === undefined || scalar.isZero(value)) return;
      writer.varint((number << 3) | scalar.wire);
      scalar.write(writer, value);
    },
  };
}

/** A single value that is undefined when it is not there. @param rivals the other members of its oneof */
export function optional<T>(
  number: number,
  key: string,
  scalar: Scalar<T>,
  rivals: readonly string[] = [],
): Field {
  const tag = (number << 3) | scalar.wire;
  return {
    key,
    tags: [tag],
    blank: () => undefined,
    read: (reader, into) => {
      for (const rival of rivals) into[rival] = undefined;
      into[key] = scalar.read(reader);
    },
    size: (from, sizes) => {
      const value = from[key] as T | undefined;
      return value === undefined ? 0 : varintSize(tag) + scalar.size(value, sizes);
    },
    write: (writer, from) => {
      const value = from[key] as T | undefined;
      if (value === undefined) return;
      writer.varint(tag);
      scalar.write(writer, value);
    },
  };
}

/** A nested message; what comes twice is merged, as protobuf wants it. */
export function part<T extends object>(
  number: number,
  key: string,
  type: () => Message<T>,
  rivals: readonly string[] = [],
): Field {
  return {
    ...optional(number, key, nested(type), rivals),
    read: (reader, into) => {
      for (const rival of rivals) into[rival] = undefined;
      into[key] = readNested(reader, type(), (into[key] as T | undefined) ?? type().blank());
    },
  };
}

/** A list of texts, bytes or messages. */
export function many<T>(number: number, key: string, scalar: Scalar<T>): Field {
  const tag = (number << 3) | scalar.wire;
  const tagSize = varintSize(tag);
  return {
    key,
    tags: [tag],
    blank: () => [],
    read: (reader, into) => {
      reader.count();
      (into[key] as T[]).push(scalar.read(reader));
    },
    size: (from, sizes) => {
      let size = 0;
      for (const value of (from[key] ?? []) as readonly T[]) size += tagSize + scalar.size(value, sizes);
      return size;
    },
    write: (writer, from) => {
      for (const value of (from[key] ?? []) as readonly T[]) {
        writer.varint(tag);
        scalar.write(writer, value);
      }
    },
  };
}

/** No model has as many inputs. A million of them would hold up every other request while the map is made. */
const maxEntries = 4096;

/** A map; of a key that comes twice the last value counts. */
export function map<K, V>(number: number, key: string, keys: Scalar<K>, values: Scalar<V>): Field {
  const tag = (number << 3) | 2;
  const tagSize = varintSize(tag);
  return {
    key,
    tags: [tag],
    blank: () => new Map<K, V>(),
    read: (reader, into) => {
      let name = keys.zero;
      let value: V | undefined;
      reader.nested((inner) => {
        if (inner === ((1 << 3) | keys.wire)) name = keys.read(reader);
        else if (inner === ((2 << 3) | values.wire)) value = values.read(reader);
        else reader.skip(inner);
      });
      const entries = into[key] as Map<K, V>;
      entries.set(name, value ?? values.zero);
      if (entries.size > maxEntries) throw malformed(`a map in it has more than ${maxEntries} entries`);
    },
    size: (from, sizes) => {
      let size = 0;
      for (const [name, value] of (from[key] ?? []) as ReadonlyMap<K, V>) {
        const place = sizes.push(0) - 1;
        sizes[place] = 2 + keys.size(name, sizes) + values.size(value, sizes);
        size += tagSize + varintSize(sizes[place]) + sizes[place];
      }
      return size;
    },
    write: (writer, from) => {
      for (const [name, value] of (from[key] ?? []) as ReadonlyMap<K, V>) {
        writer.varint(tag);
        writer.length();
        writer.varint((1 << 3) | keys.wire);
        keys.write(writer, name);
        writer.varint((2 << 3) | values.wire);
        values.write(writer, value);
      }
    },
  };
}

/** A message as an element of `many` and `map`. */
export function nested<T extends object>(type: () => Message<T>): Scalar<T> {
  return {
    wire: 2,
    get zero() {
      return type().blank();
    },
    isZero: () => false,
    read: (reader) => readNested(reader, type(), type().blank()),
    size: (value, sizes) => {
      const place = sizes.push(0) - 1;
      sizes[place] = type().size(value as never, sizes);
      return varintSize(sizes[place]) + sizes[place];
    },
    write: (writer, value) => {
      writer.length();
      type().write(writer, value as never);
    },
  };
}

function readNested<T extends object>(reader: Reader, type: Message<T>, into: T): T {
  reader.nested((tag) => type.readField(reader, into, tag));
  type.finish(into);
  return into;
}

/** A list of numbers as a typed array: read packed or not, written packed. */
export function list<L extends NumberList>(number: number, key: string, type: ListType<L>): Field {
  const packedTag = (number << 3) | 2;
  const singleTag = (number << 3) | type.wire;
  const tagSize = varintSize(packedTag);
  return {
    key,
    tags: [packedTag, singleTag],
    blank: () => type.make(0),
    read: (reader, into, tag) => {
      const known = into[key] as L | Growing<L>;
      if (tag === packedTag && !(known instanceof Growing) && known.length === 0) {
        into[key] = type.read(reader.raw());
        return;
      }
      const grown = growing(known, type);
      into[key] = grown;
      if (tag === packedTag) grown.append(type.read(reader.raw()));
      else type.readOne(reader, grown.room(1), grown.length++);
    },
    finish: (target) => {
      const known = target[key];
      if (known instanceof Growing) target[key] = known.list.subarray(0, known.length);
    },
    size: (from, sizes) => {
      const value = from[key] as L | undefined;
      return value === undefined || value.length === 0 ? 0 : tagSize + sized(type.size(value), sizes);
    },
    write: (writer, from) => {
      const value = from[key] as L | undefined;
      if (value === undefined || value.length === 0) return;
      writer.varint(packedTag);
      writer.length();
      type.write(writer, value);
    },
  };
}

/** A list that came in more than one piece. */
class Growing<L extends NumberList> {
  list: L;
  length: number;
  readonly #type: ListType<L>;

  constructor(list: L, type: ListType<L>) {
    this.list = list;
    this.length = list.length;
    this.#type = type;
  }

  append(more: L): void {
    this.room(more.length).set(more as never, this.length);
    this.length += more.length;
  }

  room(count: number): L {
    const needed = this.length + count;
    if (needed <= this.list.length) return this.list;
    const larger = this.#type.make(Math.max(needed, this.list.length * 2, 16));
    larger.set(this.list.subarray(0, this.length) as never);
    this.list = larger;
    return larger;
  }
}

function growing<L extends NumberList>(known: L | Growing<L>, type: ListType<L>): Growing<L> {
  return known instanceof Growing ? known : new Growing(known, type);
}
