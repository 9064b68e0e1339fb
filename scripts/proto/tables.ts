import protobuf from 'protobufjs';
import { definitions, fullName, resolve, type Scope, withNested } from './scope.ts';

/** The text of a .gen.ts: an interface and a table of one name per message, an object per enumeration. Undefined: nothing to tell. */
export function tablesOf(scope: Scope): string | undefined {
  const used: Used = { protobuf: new Map(), own: new Map() };
  const blocks = definitions(scope)
    .flatMap(withNested)
    .flatMap((object) => {
      if (object instanceof protobuf.Type) return [interfaceOf(scope, object), tableOf(scope, object, used)];
      return object instanceof protobuf.Enum ? [enumOf(object)] : [];
    });
  if (blocks.length === 0) return undefined;
  return [
    `// Made by scripts/proto.ts from ${scope.name}: do not edit.`,
    ...importsOf(used),
    '',
    ...blocks,
    '',
  ].join('\n');
}

interface Used {
  /** Names by file below src/serve/protobuf. */
  readonly protobuf: Map<string, Set<string>>;
  /** Names by other .proto file. */
  readonly own: Map<string, Set<string>>;
}

function interfaceOf(scope: Scope, type: protobuf.Type): string {
  const lines = type.fieldsArray.map((field) => `  ${camel(field.name)}: ${typescript(scope, type, field)};`);
  return lines.length === 0
    ? `export type ${type.name} = Record<never, never>;\n`
    : `export interface ${type.name} {\n${lines.join('\n')}\n}\n`;
}

function typescript(scope: Scope, type: protobuf.Type, field: protobuf.Field): string {
  const plain = plainType(scope, type, field.type);
  if (field instanceof protobuf.MapField) return `Map<${scalarTypes[field.keyType]}, ${plain}>`;
  if (field.repeated) return lists[field.type]?.[1] ?? `${plain}[]`;
  const isMessage = !(field.type in scalarTypes) && plain !== 'number';
  return isMessage || field.partOf ? `${plain} | undefined` : plain;
}

function plainType(scope: Scope, type: protobuf.Type, name: string): string {
  const scalar = scalarTypes[name];
  if (scalar) return scalar;
  const found = resolve(scope, type, name);
  return found instanceof protobuf.Enum ? 'number' : found.name;
}

function tableOf(scope: Scope, type: protobuf.Type, used: Used): string {
  const fields = type.fieldsArray.map((field) => fieldOf(scope, type, field, used));
  need(used.protobuf, 'message', 'message', 'type Message');
  return `export const ${type.name}: Message<${type.name}> = message(() => [${fields.join(', ')}]);\n`;
}

function fieldOf(scope: Scope, type: protobuf.Type, field: protobuf.Field, used: Used): string {
  const start = `${field.id}, '${camel(field.name)}'`;
  const rivals = (field.partOf?.fieldsArray ?? [])
    .filter((other) => other.name !== field.name)
    .map((other) => `'${camel(other.name)}'`);
  const rivalsText = rivals.length > 0 ? `, [${rivals.join(', ')}]` : '';
  const found = field.type in scalarTypes ? undefined : resolve(scope, type, field.type);
  if (found instanceof protobuf.Type) need(used.own, fileOf(scope, found), found.name);
  const make = (name: string, rest: string) => {
    need(used.protobuf, 'fields', name);
    return `${name}(${start}, ${rest})`;
  };
  const element = () => {
    if (found instanceof protobuf.Type) {
      need(used.protobuf, 'fields', 'nested');
      return `nested(() => ${found.name})`;
    }
    return scalar(found ? 'int32' : field.type, used);
  };
  if (field instanceof protobuf.MapField) return make('map', `${scalar(field.keyType, used)}, ${element()}`);
  if (field.repeated) {
    const [list] = lists[found ? 'int32' : field.type] ?? [];
    if (found instanceof protobuf.Type || list === undefined) return make('many', element());
    need(used.protobuf, 'lists', list);
    return make('list', list);
  }
  if (found instanceof protobuf.Type) return make('part', `() => ${found.name}${rivalsText}`);
  return make(field.partOf ? 'optional' : 'one', `${element()}${field.partOf ? rivalsText : ''}`);
}

function scalar(name: string, used: Used): string {
  need(used.protobuf, 'scalars', name);
  return name;
}

function enumOf(type: protobuf.Enum): string {
  const lines = Object.entries(type.values).map(([name, value]) => `  ${name}: ${value},`);
  return `export const ${type.name} = {\n${lines.join('\n')}\n} as const;\n`;
}

function importsOf(used: Used): string[] {
  const line = (names: ReadonlySet<string>, from: string) =>
    `import { ${[...names].sort().join(', ')} } from '${from}';`;
  return [
    ...[...used.protobuf].sort().map(([file, names]) => line(names, `../protobuf/${file}.ts`)),
    ...[...used.own].sort().map(([file, names]) => line(names, `./${file}.gen.ts`)),
  ];
}

function need(map: Map<string, Set<string>>, file: string, ...names: readonly string[]): void {
  if (file === '') return;
  const known = map.get(file) ?? new Set();
  map.set(file, known);
  for (const name of names) known.add(name);
}

// Empty for the file itself.
function fileOf(scope: Scope, type: protobuf.Type): string {
  const isOwn = definitions(scope)
    .flatMap(withNested)
    .some((object) => fullName(object) === fullName(type));
  if (isOwn) return '';
  const name = fullName(type);
  if (name.startsWith('google.protobuf.')) return name.endsWith('.Any') ? 'any' : 'wrappers';
  return name.startsWith('tensorflow.serving.') ? 'tensorflow-serving' : 'tensorflow';
}

function camel(name: string): string {
  const joined = name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  return joined.charAt(0).toLowerCase() + joined.slice(1);
}

const scalarTypes: Readonly<Record<string, string>> = {
  bool: 'boolean',
  int32: 'number',
  uint32: 'number',
  int64: 'bigint',
  uint64: 'bigint',
  float: 'number',
  double: 'number',
  string: 'string',
  bytes: 'Uint8Array',
};

const lists: Readonly<Record<string, readonly [string, string]>> = {
  bool: ['boolList', 'Uint8Array'],
  int32: ['int32List', 'Int32Array'],
  uint32: ['uint32List', 'Uint32Array'],
  int64: ['int64List', 'BigInt64Array'],
  uint64: ['uint64List', 'BigUint64Array'],
  float: ['floatList', 'Float32Array'],
  double: ['doubleList', 'Float64Array'],
};
