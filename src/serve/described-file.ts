import { many, nested, one } from './protobuf/fields.ts';
import { type Message, message } from './protobuf/message.ts';
import { string } from './protobuf/scalars.ts';

/** One .proto file as reflection hands it out, and the names that it defines. */
export class DescribedFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly imports: readonly string[];
  readonly #symbols: ReadonlySet<string>;

  /** @param text a serialised FileDescriptorProto, base64 */
  constructor(name: string, text: string) {
    this.name = name;
    this.bytes = Buffer.from(text, 'base64');
    const file = File.decode(this.bytes);
    this.imports = file.dependency;
    this.#symbols = new Set([
      ...namesOf(file.messages, file.package),
      ...file.enums.map((type) => `${file.package}.${type.name}`),
      ...file.services.flatMap((service) => [
        `${file.package}.${service.name}`,
        ...service.methods.map((method) => `${file.package}.${service.name}.${method.name}`),
      ]),
    ]);
  }

  /** @param symbol full name of a message, enumeration, service or method */
  defines(symbol: string): boolean {
    return this.#symbols.has(symbol);
  }
}

function namesOf(types: readonly NamedType[], place: string): string[] {
  return types.flatMap((type) => {
    const name = `${place}.${type.name}`;
    return [name, ...namesOf(type.nested, name), ...type.enums.map((inner) => `${name}.${inner.name}`)];
  });
}

// The part of google/protobuf/descriptor.proto that names are in.
interface Named {
  name: string;
}
const Name: Message<Named> = message(() => [one(1, 'name', string)]);

interface NamedType extends Named {
  nested: NamedType[];
  enums: Named[];
}
const Type: Message<NamedType> = message(() => [
  one(1, 'name', string),
  many(
    3,
    'nested',
    nested(() => Type),
  ),
  many(
    4,
    'enums',
    nested(() => Name),
  ),
]);

const Service: Message<Named & { methods: Named[] }> = message(() => [
  one(1, 'name', string),
  many(
    2,
    'methods',
    nested(() => Name),
  ),
]);

const File: Message<{
  package: string;
  dependency: string[];
  messages: NamedType[];
  enums: Named[];
  services: (Named & { methods: Named[] })[];
}> = message(() => [
  one(2, 'package', string),
  many(3, 'dependency', string),
  many(
    4,
    'messages',
    nested(() => Type),
  ),
  many(
    5,
    'enums',
    nested(() => Name),
  ),
  many(
    6,
    'services',
    nested(() => Service),
  ),
]);
