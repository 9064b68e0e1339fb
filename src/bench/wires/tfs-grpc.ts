import { type Datatype, elementCount, elementSize, type Tensor } from '../../core/tensor.ts';
import { elementsToJson } from '../../repository/sample-elements.ts';
import type { Wire, WireAnswer } from '../wire.ts';
import { bytesField, type Field, fieldsOf, integersOf, numberField } from './protobuf.ts';
import { fromBytes, integerBytes, toBytes } from './tensor-bytes.ts';

/** TensorFlow Serving's `Predict` over gRPC, tensors as `tensor_content`. Answers with typed values are read, too. */
export const tfsGrpc: Wire = {
  summary: "TensorFlow Serving's Predict over gRPC",
  isGrpc: true,
  path: (model) => (model === undefined ? undefined : '/tensorflow.serving.PredictionService/Predict'),
  body: (inputs, model = '') => {
    const entries = inputs.map((input) =>
      bytesField(2, Buffer.concat([bytesField(1, input.name), bytesField(2, tensorProto(input))])),
    );
    return { headers: {}, bytes: Buffer.concat([bytesField(1, bytesField(1, model)), ...entries]) };
  },
  read,
};

function tensorProto({ datatype, shape, data }: Tensor): Buffer {
  const dims = shape.map((dim) => bytesField(2, numberField(1, dim)));
  const values =
    datatype === 'BYTES'
      ? (data as readonly (string | Uint8Array)[]).map((element) => bytesField(8, element))
      : [bytesField(4, toBytes({ datatype, data }))];
  return Buffer.concat([numberField(1, types[datatype]), bytesField(2, Buffer.concat(dims)), ...values]);
}

function read({ body }: WireAnswer): ReadonlyMap<string, unknown> {
  const outputs = bytesOf(fieldsOf(body), 1).map((entry) => fieldsOf(entry));
  if (outputs.length === 0) throw new SyntaxError('the answer has no outputs');
  return new Map(
    outputs.map((entry) => [
      bytesOf(entry, 1)[0]?.toString() ?? '',
      readTensor(fieldsOf(bytesOf(entry, 2)[0] ?? nothing)),
    ]),
  );
}

function readTensor(fields: readonly Field[]): unknown {
  const type = Number(fields.find(({ number }) => number === 1)?.value ?? 0);
  const datatype = datatypeOf.get(type);
  if (datatype === undefined) throw new SyntaxError(`an output has the unknown type ${type}`);
  const dims = fieldsOf(bytesOf(fields, 2)[0] ?? nothing).filter(({ number }) => number === 2);
  const shape = dims.map(({ value }) => {
    const size = Buffer.isBuffer(value) ? fieldsOf(value).find(({ number }) => number === 1)?.value : 0n;
    return Number(size ?? 0n);
  });
  const bytes = bytesOf(fields, 4)[0] ?? typed(datatype, fields, elementCount(shape));
  return elementsToJson(fromBytes({ datatype, shape }, bytes));
}

/** Typed values as bytes; those left out at the end are as the last. */
function typed(datatype: Datatype, fields: readonly Field[], count: number): Buffer {
  const values = fields.filter(({ number }) => number === listOf[datatype]).map(({ value }) => value);
  if (datatype === 'BYTES')
    return toBytes({ datatype, data: values.filter((value) => Buffer.isBuffer(value)) });
  const isFloat = datatype === 'FP32' || datatype === 'FP64';
  const given = isFloat
    ? Buffer.concat(values.filter((value) => Buffer.isBuffer(value)))
    : integerBytes(datatype, integersOf(values));
  const size = elementSize[datatype];
  const missing = given.length === 0 ? 0 : Math.max(0, count * size - given.length);
  return Buffer.concat([given, Buffer.alloc(missing, given.subarray(-size))]);
}

function bytesOf(fields: readonly Field[], number: number): Buffer[] {
  return fields.flatMap((field) =>
    field.number === number && Buffer.isBuffer(field.value) ? [field.value] : [],
  );
}

const nothing = Buffer.alloc(0);

/** Numbers of `tensorflow.DataType`. */
const types: Readonly<Record<Datatype, number>> = {
  FP32: 1,
  FP64: 2,
  INT32: 3,
  UINT8: 4,
  INT16: 5,
  INT8: 6,
  BYTES: 7,
  INT64: 9,
  BOOL: 10,
  UINT16: 17,
  FP16: 19,
  UINT32: 22,
  UINT64: 23,
};

const datatypeOf = new Map(Object.entries(types).map(([name, number]) => [number, name as Datatype]));

/** The field of a `TensorProto` that has the values of a datatype. */
const listOf: Readonly<Record<Datatype, number>> = {
  FP32: 5,
  FP64: 6,
  INT32: 7,
  UINT8: 7,
  INT16: 7,
  INT8: 7,
  UINT16: 7,
  BYTES: 8,
  INT64: 10,
  BOOL: 11,
  FP16: 13,
  UINT32: 16,
  UINT64: 17,
};
