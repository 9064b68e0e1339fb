import type { Datatype } from '../../core/tensor.ts';
import { elementsToJson } from '../../repository/sample-elements.ts';
import type { Wire, WireAnswer } from '../wire.ts';
import { bytesField, type Field, fieldsOf, integersOf, packedField } from './protobuf.ts';
import { fromBytes, integerBytes, toBytes } from './tensor-bytes.ts';

/** Open Inference v2 over gRPC: `ModelInfer`, tensors as raw bytes. Answers with typed contents are read, too. */
export const v2Grpc: Wire = {
  summary: 'Open Inference v2 over gRPC, tensors as bytes',
  isGrpc: true,
  path: (model) => (model === undefined ? undefined : '/inference.GRPCInferenceService/ModelInfer'),
  body: (inputs, model = '') => {
    const described = inputs.map(({ name, datatype, shape }) =>
      bytesField(5, Buffer.concat([bytesField(1, name), bytesField(2, datatype), packedField(3, shape)])),
    );
    const raw = inputs.map((input) => bytesField(7, toBytes(input)));
    return { headers: {}, bytes: Buffer.concat([bytesField(1, model), ...described, ...raw]) };
  },
  read,
};

function read({ body }: WireAnswer): ReadonlyMap<string, unknown> {
  const fields = fieldsOf(body);
  const raw = bytesOf(fields, 6);
  const outputs = bytesOf(fields, 5);
  if (outputs.length === 0) throw new SyntaxError('the answer has no outputs');
  return new Map(outputs.map((output, index) => readOutput(fieldsOf(output), raw[index])));
}

function readOutput(fields: readonly Field[], raw: Buffer | undefined): [name: string, values: unknown] {
  const [name = '', datatype = ''] = [1, 2].map((number) => bytesOf(fields, number)[0]?.toString());
  const shape = integersOf(fields.filter(({ number }) => number === 3).map(({ value }) => value));
  const bytes = raw ?? contents(datatype as Datatype, fieldsOf(bytesOf(fields, 5)[0] ?? Buffer.alloc(0)));
  return [name, elementsToJson(fromBytes({ datatype, shape }, bytes))];
}

/** `InferTensorContents` as the bytes that it would be in raw. */
function contents(datatype: Datatype, fields: readonly Field[]): Buffer {
  const lists = fields.map(({ value }) => value).filter((value) => Buffer.isBuffer(value));
  if (datatype === 'BYTES') return toBytes({ datatype, data: lists });
  if (datatype === 'FP32' || datatype === 'FP64') return Buffer.concat(lists);
  return integerBytes(datatype, integersOf(fields.map(({ value }) => value)));
}

function bytesOf(fields: readonly Field[], number: number): Buffer[] {
  return fields.flatMap((field) =>
    field.number === number && Buffer.isBuffer(field.value) ? [field.value] : [],
  );
}
