/**
 * Tags (field number and wire type) of the messages in onnx.proto that are looked into. A field that comes with
 * another wire type than its own is an unknown field, as in every protobuf parser.
 */
const varint = (field: number): number => field << 3;
const bytes = (field: number): number => (field << 3) | 2;

export const modelTags = {
  irVersion: varint(1),
  producerName: bytes(2),
  producerVersion: bytes(3),
  domain: bytes(4),
  modelVersion: varint(5),
  docString: bytes(6),
  graph: bytes(7),
  opsetImport: bytes(8),
  metadataProps: bytes(14),
  trainingInfo: bytes(20),
  functions: bytes(25),
  configuration: bytes(26),
} as const;

export const opsetTags = { domain: bytes(1), version: varint(2) } as const;

/** StringStringEntryProto. */
export const entryTags = { key: bytes(1), value: bytes(2) } as const;

export const graphTags = {
  node: bytes(1),
  name: bytes(2),
  initializer: bytes(5),
  input: bytes(11),
  output: bytes(12),
  valueInfo: bytes(13),
  sparseInitializer: bytes(15),
} as const;

export const trainingTags = { initialization: bytes(1), algorithm: bytes(2) } as const;

export const functionTags = {
  name: bytes(1),
  node: bytes(7),
  domain: bytes(10),
  attributeProto: bytes(11),
  overload: bytes(13),
} as const;

export const nodeTags = {
  input: bytes(1),
  output: bytes(2),
  name: bytes(3),
  opType: bytes(4),
  attribute: bytes(5),
  domain: bytes(7),
  overload: bytes(8),
} as const;

export const attributeTags = {
  name: bytes(1),
  s: bytes(4),
  t: bytes(5),
  g: bytes(6),
  int: varint(8),
  packedInts: bytes(8),
  strings: bytes(9),
  tensors: bytes(10),
  graphs: bytes(11),
  sparseTensor: bytes(22),
  sparseTensors: bytes(23),
} as const;

export const tensorTags = {
  dim: varint(1),
  packedDims: bytes(1),
  dataType: varint(2),
  name: bytes(8),
  externalData: bytes(13),
  dataLocation: varint(14),
} as const;

export const sparseTags = { values: bytes(1), indices: bytes(2) } as const;

export const valueTags = { name: bytes(1), type: bytes(2) } as const;

export const typeTags = {
  tensor: bytes(1),
  sequence: bytes(4),
  map: bytes(5),
  opaque: bytes(7),
  sparseTensor: bytes(8),
  optional: bytes(9),
} as const;

export const tensorTypeTags = { elemType: varint(1), shape: bytes(2) } as const;
/** TypeProto.Sequence and TypeProto.Optional. */
export const elementTags = { elemType: bytes(1) } as const;
export const mapTags = { keyType: varint(1), valueType: bytes(2) } as const;
export const shapeTags = { dim: bytes(1) } as const;
export const dimTags = { value: varint(1), param: bytes(2) } as const;
