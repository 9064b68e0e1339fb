// Writes pickles by hand: the tests need some that Python would never write, and run without Python.

/** Protocol 4: opcodes one after another, then STOP. */
export function pickle(...parts: readonly (number | string | Uint8Array)[]): Buffer {
  return Buffer.concat([Buffer.from([0x80, 4]), ...parts.map(bytesOf), Buffer.from('.')]);
}

/** SHORT_BINUNICODE. */
export function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([0x8c, bytes.length]), bytes]);
}

/** `module` and `name` pushed as text, then STACK_GLOBAL. */
export function stackGlobal(module: string, name: string): Buffer {
  return Buffer.concat([text(module), text(name), Buffer.from([0x93])]);
}

/** GLOBAL of protocol 0. */
export function lineGlobal(module: string, name: string): Buffer {
  return Buffer.from(`c${module}\n${name}\n`);
}

/** What `pickle.dumps` makes of an object whose `__reduce__` returns `(module.name, (argument,))`. */
export function calls(module: string, name: string, argument: string): Buffer {
  return pickle(stackGlobal(module, name), text(argument), 0x85, 0x52);
}

interface ZipFile {
  readonly name: string;
  readonly content: Uint8Array;
}

/** A zip archive of stored entries. */
export function zip(files: readonly ZipFile[]): Buffer {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of files) {
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt32LE(crc(content), 10);
    facts.writeUInt32LE(content.length, 14);
    facts.writeUInt32LE(content.length, 18);
    facts.writeUInt16LE(Buffer.byteLength(name), 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), facts, Buffer.from(name), content]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    central.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), facts, tail, Buffer.from(name)]));
    locals.push(local);
    offset += local.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, directory, end]);
}

function bytesOf(part: number | string | Uint8Array): Uint8Array {
  if (typeof part === 'number') return Buffer.from([part]);
  return typeof part === 'string' ? Buffer.from(part, 'latin1') : part;
}

function crc(content: Uint8Array): number {
  let value = ~0;
  for (const byte of content) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return ~value >>> 0;
}
