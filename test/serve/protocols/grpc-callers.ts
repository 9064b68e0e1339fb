import { encodeFloat16 } from '../../../src/core/float16.ts';
import {
  allocate,
  type BytesElement,
  type Datatype,
  datatypes,
  type Tensor,
} from '../../../src/core/tensor.ts';
import { tfsGrpc } from '../../../src/serve/protocols/tfs-grpc.ts';
import { torchserveGrpc } from '../../../src/serve/protocols/torchserve-grpc.ts';
import { v2Grpc } from '../../../src/serve/protocols/v2-grpc.ts';
import type { GrpcCaller } from '../../conformance/grpc-protocols.ts';
import type { Json } from '../grpc-send.ts';
import { exactJson, byName as jsonByName, rows } from './by-name.ts';
import { rawBytes } from './v2-client.ts';

/** DataType of TensorFlow and the list that holds its values; apart from the code under test. */
export const tfsTypes: Readonly<Record<Datatype, readonly [dtype: number, list: string]>> = {
  BOOL: [10, 'boolVal'],
  UINT8: [4, 'intVal'],
  UINT16: [17, 'intVal'],
  UINT32: [22, 'uint32Val'],
  UINT64: [23, 'uint64Val'],
  INT8: [6, 'intVal'],
  INT16: [5, 'intVal'],
  INT32: [3, 'intVal'],
  INT64: [9, 'int64Val'],
  FP16: [19, 'halfVal'],
  FP32: [1, 'floatVal'],
  FP64: [2, 'doubleVal'],
  BYTES: [7, 'stringVal'],
};

/** Typed contents of Open Inference; FP16 has none. */
export const v2Lists: Readonly<Record<Datatype, string | undefined>> = {
  BOOL: 'boolContents',
  UINT8: 'uintContents',
  UINT16: 'uintContents',
  UINT32: 'uintContents',
  UINT64: 'uint64Contents',
  INT8: 'intContents',
  INT16: 'intContents',
  INT32: 'intContents',
  INT64: 'int64Contents',
  FP16: undefined,
  FP32: 'fp32Contents',
  FP64: 'fp64Contents',
  BYTES: 'bytesContents',
};

const tfs = {
  protocol: tfsGrpc,
  method: 'tensorflow.serving.PredictionService/Predict',
  tensors: (reply: Json) =>
    Object.entries(reply.outputs as Record<string, Json>).map(([name, proto]) => {
      const datatype = datatypes.find((each) => tfsTypes[each][0] === proto.dtype)!;
      const { dim = [] } = proto.tensorShape as { dim?: { size?: string }[] };
      const data = dataOf(datatype, (proto[tfsTypes[datatype][1]] ?? []) as unknown[]);
      return { name, datatype, shape: dim.map(({ size }) => Number(size ?? 0)), data };
    }),
};

const v2 = {
  protocol: v2Grpc,
  method: 'inference.GRPCInferenceService/ModelInfer',
  tensors: ({ outputs, rawOutputContents: raw }: Json) =>
    (outputs as Json[]).map((output, index) => {
      const head = headOf(output);
      const bytes = (raw as Buffer[] | undefined)?.[index];
      if (bytes) return { ...head, data: dataOfRaw(head.datatype, bytes) };
      const { [v2Lists[head.datatype] ?? '']: values = [] } = (output.contents ?? {}) as Json;
      return { ...head, data: dataOf(head.datatype, values as unknown[]) };
    }),
};

export const grpcCallers: readonly GrpcCaller[] = [
  {
    ...tfs,
    name: 'tfs, typed lists',
    request: (name, tensors) => ({
      modelSpec: { name },
      inputs: byName(tensors, (tensor) => ({
        ...protoHead(tensor),
        [tfsTypes[tensor.datatype][1]]: valuesOf(tensor),
      })),
    }),
  },
  {
    ...tfs,
    name: 'tfs, tensor_content',
    request: (name, tensors) => ({
      modelSpec: { name },
      inputs: byName(tensors, (tensor) => ({
        ...protoHead(tensor),
        // Strings have no such form.
        ...(tensor.datatype === 'BYTES'
          ? { stringVal: valuesOf(tensor) }
          : { tensorContent: rawBytes(tensor) }),
      })),
    }),
  },
  {
    ...v2,
    name: 'v2, typed contents',
    request: (modelName, tensors) =>
      tensors.some(({ datatype }) => datatype === 'FP16')
        ? rawRequest(modelName, tensors)
        : {
            modelName,
            inputs: tensors.map((tensor) => {
              const { data: _, ...head } = tensor;
              return { ...head, contents: { [v2Lists[tensor.datatype]!]: valuesOf(tensor) } };
            }),
          },
  },
  { ...v2, name: 'v2, raw contents', request: rawRequest },
];

/** JSON within a message: the values of a reply are read as the datatypes they are known to have. */
export const torchserveCaller: GrpcCaller = {
  name: 'torchserve',
  isJson: true,
  protocol: torchserveGrpc,
  method: 'org.pytorch.serve.grpc.inference.InferenceAPIsService/Predictions',
  request: (modelName, tensors) => ({
    modelName,
    input: { data: Buffer.from(`{"inputs":${jsonByName(tensors)}}`) },
  }),
  tensors: ({ prediction }, like) => {
    const names = like.map(({ name }) => name);
    const values = rows(exactJson(Buffer.from(prediction as Uint8Array).toString()), names);
    return like.map((tensor) => ({ ...tensor, data: dataLike(tensor, values.get(tensor.name)) }));
  },
};

/** The values of a JSON reply, nested or not, as the datatype they are known to have. */
export function dataLike({ datatype }: Tensor, nested: unknown): Tensor['data'] {
  const values: readonly unknown[] = [nested].flat(9);
  if (datatype === 'BYTES') return values as string[];
  return dataOf(datatype, datatype === 'FP16' ? values.map((value) => encodeFloat16(Number(value))) : values);
}

function rawRequest(modelName: string, tensors: readonly Tensor[]): object {
  return {
    modelName,
    inputs: tensors.map(({ data: _, ...head }) => head),
    rawInputContents: tensors.map(rawBytes),
  };
}

function protoHead({ datatype, shape }: Tensor) {
  return { dtype: tfsTypes[datatype][0], tensorShape: { dim: shape.map((size) => ({ size })) } };
}

// A map field takes any name, and so must this.
function byName(tensors: readonly Tensor[], show: (tensor: Tensor) => object): object {
  return Object.fromEntries(tensors.map((tensor) => [tensor.name, show(tensor)]));
}

function headOf({ name = '', datatype, shape = [] }: Json) {
  return { name: name as string, datatype: datatype as Datatype, shape: (shape as string[]).map(Number) };
}

/** Values as protobufjs takes them. */
export function valuesOf({ datatype, data }: Tensor): unknown[] {
  if (datatype === 'BYTES') return (data as BytesElement[]).map((item) => Buffer.from(item as string));
  return [...(data as Iterable<number | bigint>)].map((value) => {
    if (typeof value === 'bigint') return String(value);
    return datatype === 'BOOL' ? value === 1 : value;
  });
}

function dataOf(datatype: Datatype, values: readonly unknown[]): Tensor['data'] {
  if (datatype === 'BYTES') return (values as Buffer[]).map(String);
  const data = allocate(datatype, values.length);
  values.forEach((value, index) => {
    if (data instanceof BigInt64Array || data instanceof BigUint64Array) data[index] = BigInt(String(value));
    else (data as Float64Array)[index] = Number(value);
  });
  return data;
}

function dataOfRaw(datatype: Datatype, bytes: Buffer): Tensor['data'] {
  if (datatype === 'BYTES') {
    const items: string[] = [];
    for (let at = 0; at < bytes.length; at += 4 + bytes.readUInt32LE(at))
      items.push(bytes.toString('utf8', at + 4, at + 4 + bytes.readUInt32LE(at)));
    return items;
  }
  const data = allocate(datatype, 1);
  const Type = data.constructor as typeof Float64Array;
  return new Type(new Uint8Array(bytes).buffer);
}
