import protobuf from 'protobufjs';
import { many, nested, one, optional, part } from '../../src/serve/protobuf/fields.ts';
import { type Message, message } from '../../src/serve/protobuf/message.ts';
import { bool, int32, string } from '../../src/serve/protobuf/scalars.ts';
import { definitions, fullName, resolve, type Scope } from './scope.ts';

/** The file as a serialised google.protobuf.FileDescriptorProto, as reflection hands it out. */
export function describeFile(scope: Scope): Buffer {
  const objects = definitions(scope);
  return fileDescriptor.encode({
    name: scope.name,
    package: scope.packageName,
    dependency: [...scope.imports],
    messageType: objects
      .filter((object) => object instanceof protobuf.Type)
      .map((type) => typeOf(scope, type)),
    enumType: objects.filter((object) => object instanceof protobuf.Enum).map(enumOf),
    service: objects
      .filter((object) => object instanceof protobuf.Service)
      .map((one) => serviceOf(scope, one)),
    syntax: 'proto3',
  });
}

function typeOf(scope: Scope, type: protobuf.Type): DescriptorProto {
  const maps = type.fieldsArray.filter(
    (field): field is protobuf.Field & protobuf.MapField => field instanceof protobuf.MapField,
  );
  return {
    name: type.name,
    field: type.fieldsArray.map((field) => fieldOf(scope, type, field)),
    nestedType: [
      ...type.nestedArray
        .filter((object) => object instanceof protobuf.Type)
        .map((inner) => typeOf(scope, inner)),
      ...maps.map((field) => entryOf(scope, type, field)),
    ],
    enumType: type.nestedArray.filter((object) => object instanceof protobuf.Enum).map(enumOf),
    oneofDecl: type.oneofsArray.map(({ name }) => ({ name })),
    options: undefined,
  };
}

function fieldOf(scope: Scope, type: protobuf.Type, field: protobuf.Field): FieldDescriptorProto {
  const base = {
    name: field.name,
    number: field.id,
    label: field.repeated ? labels.repeated : labels.optional,
  };
  if (field instanceof protobuf.MapField) {
    const typeName = `.${fullName(type)}.${entryName(field)}`;
    return { ...base, label: labels.repeated, type: types.message!, typeName, oneofIndex: undefined };
  }
  const oneofIndex = field.partOf ? type.oneofsArray.indexOf(field.partOf) : undefined;
  return { ...base, ...typeNumber(scope, type, field.type), oneofIndex };
}

// A map is a list of entries to those who look at a descriptor.
function entryOf(
  scope: Scope,
  type: protobuf.Type,
  field: protobuf.Field & protobuf.MapField,
): DescriptorProto {
  const item = (name: string, number: number, kind: string): FieldDescriptorProto => ({
    name,
    number,
    label: labels.optional,
    ...typeNumber(scope, type, kind),
    oneofIndex: undefined,
  });
  return {
    name: entryName(field),
    field: [item('key', 1, field.keyType), item('value', 2, field.type)],
    nestedType: [],
    enumType: [],
    oneofDecl: [],
    options: { mapEntry: true },
  };
}

function typeNumber(scope: Scope, from: protobuf.Type, name: string): { type: number; typeName: string } {
  const scalar = types[name];
  if (scalar !== undefined) return { type: scalar, typeName: '' };
  const found = resolve(scope, from, name);
  const kind = found instanceof protobuf.Enum ? 'enum' : 'message';
  return { type: types[kind]!, typeName: `.${fullName(found)}` };
}

function enumOf({ name, values }: protobuf.Enum): EnumDescriptorProto {
  return { name, value: Object.entries(values).map(([key, number]) => ({ name: key, number })) };
}

function serviceOf(scope: Scope, { name, methodsArray }: protobuf.Service): ServiceDescriptorProto {
  const place = scope.all.lookup(scope.packageName) as protobuf.Namespace;
  const full = (type: string) => `.${fullName(place.lookupType(type))}`;
  const method = methodsArray.map((one) => ({
    name: one.name,
    inputType: full(one.requestType),
    outputType: full(one.responseType),
    clientStreaming: one.requestStream ?? false,
    serverStreaming: one.responseStream ?? false,
  }));
  return { name, method };
}

// protoc's name: the field in camel case with a capital, and "Entry".
function entryName({ name }: protobuf.Field): string {
  return `${name.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase())}Entry`;
}

const labels = { optional: 1, repeated: 3 } as const;
const types: Readonly<Record<string, number>> = {
  double: 1,
  float: 2,
  int64: 3,
  uint64: 4,
  int32: 5,
  bool: 8,
  string: 9,
  message: 11,
  bytes: 12,
  uint32: 13,
  enum: 14,
};

interface FieldDescriptorProto {
  name: string;
  number: number;
  label: number;
  type: number;
  typeName: string;
  oneofIndex: number | undefined;
}
const fieldDescriptor = message<FieldDescriptorProto>(() => [
  one(1, 'name', string),
  one(3, 'number', int32),
  one(4, 'label', int32),
  one(5, 'type', int32),
  one(6, 'typeName', string),
  optional(9, 'oneofIndex', int32),
]);

interface EnumDescriptorProto {
  name: string;
  value: { name: string; number: number }[];
}
const enumValue = message<EnumDescriptorProto['value'][number]>(() => [
  one(1, 'name', string),
  optional(2, 'number', int32),
]);
const enumDescriptor = message<EnumDescriptorProto>(() => [
  one(1, 'name', string),
  many(
    2,
    'value',
    nested(() => enumValue),
  ),
]);

interface DescriptorProto {
  name: string;
  field: FieldDescriptorProto[];
  nestedType: DescriptorProto[];
  enumType: EnumDescriptorProto[];
  oneofDecl: { name: string }[];
  options: { mapEntry: boolean } | undefined;
}
const oneofDescriptor = message<{ name: string }>(() => [one(1, 'name', string)]);
const messageOptions = message<{ mapEntry: boolean }>(() => [one(7, 'mapEntry', bool)]);
const descriptor: Message<DescriptorProto> = message(() => [
  one(1, 'name', string),
  many(
    2,
    'field',
    nested(() => fieldDescriptor),
  ),
  many(
    3,
    'nestedType',
    nested(() => descriptor),
  ),
  many(
    4,
    'enumType',
    nested(() => enumDescriptor),
  ),
  part(7, 'options', () => messageOptions),
  many(
    8,
    'oneofDecl',
    nested(() => oneofDescriptor),
  ),
]);

interface ServiceDescriptorProto {
  name: string;
  method: {
    name: string;
    inputType: string;
    outputType: string;
    clientStreaming: boolean;
    serverStreaming: boolean;
  }[];
}
const methodDescriptor = message<ServiceDescriptorProto['method'][number]>(() => [
  one(1, 'name', string),
  one(2, 'inputType', string),
  one(3, 'outputType', string),
  one(5, 'clientStreaming', bool),
  one(6, 'serverStreaming', bool),
]);
const serviceDescriptor = message<ServiceDescriptorProto>(() => [
  one(1, 'name', string),
  many(
    2,
    'method',
    nested(() => methodDescriptor),
  ),
]);

const fileDescriptor = message<{
  name: string;
  package: string;
  dependency: string[];
  messageType: DescriptorProto[];
  enumType: EnumDescriptorProto[];
  service: ServiceDescriptorProto[];
  syntax: string;
}>(() => [
  one(1, 'name', string),
  one(2, 'package', string),
  many(3, 'dependency', string),
  many(
    4,
    'messageType',
    nested(() => descriptor),
  ),
  many(
    5,
    'enumType',
    nested(() => enumDescriptor),
  ),
  many(
    6,
    'service',
    nested(() => serviceDescriptor),
  ),
  one(12, 'syntax', string),
]);
