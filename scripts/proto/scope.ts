import protobuf from 'protobufjs';

/** One .proto file, parsed alone (what it defines) and together with all others (what names mean). */
export interface Scope {
  /** As others import it. */
  readonly name: string;
  readonly packageName: string;
  readonly imports: readonly string[];
  readonly own: protobuf.Root;
  readonly all: protobuf.Root;
}

/** What the file defines itself at the top, in order. */
export function definitions({ own, packageName }: Scope): readonly protobuf.ReflectionObject[] {
  const space = own.lookup(packageName);
  if (!(space instanceof protobuf.Namespace)) throw new Error(`no package ${packageName}`);
  return space.nestedArray;
}

/** The type or enumeration that a field's type name means, seen from where it is used. */
export function resolve(scope: Scope, from: protobuf.Type, name: string): protobuf.Type | protobuf.Enum {
  const place = scope.all.lookupType(fullName(from));
  const found = place.lookup(name, [protobuf.Type, protobuf.Enum]);
  if (found instanceof protobuf.Type || found instanceof protobuf.Enum) return found;
  throw new Error(`${scope.name}: ${fullName(from)} uses the unknown type ${name}`);
}

/** Without the leading dot. */
export function fullName(object: protobuf.ReflectionObject): string {
  return object.fullName.replace(/^\./, '');
}

/** A type and all types inside it, outermost first. */
export function withNested(object: protobuf.ReflectionObject): protobuf.ReflectionObject[] {
  return object instanceof protobuf.Type ? [object, ...object.nestedArray.flatMap(withNested)] : [object];
}
