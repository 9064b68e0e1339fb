import { failure } from '../../core/errors/error.ts';
import { allocate, type Datatype, elementCount, type Tensor } from '../../core/tensor.ts';
import { binarySize, writeBinary } from '../codecs/binary-tensor.ts';
import { expectations } from '../codecs/element-fault.ts';
import { invalid } from '../codecs/json-fields.ts';
import type { InferTensorContents } from '../proto/open-inference.gen.ts';
import type { Init } from '../protobuf/message.ts';

type Head = Omit<Tensor, 'data'>;

/**
 * Values from the typed field of their datatype.
 * @throws MdeployError `REQUEST_INVALID`, `INPUT_VALUE`
 */
export function readContents(contents: InferTensorContents | undefined, head: Head, model: string): Tensor {
  const { name, datatype, shape } = head;
  const own = fields[datatype];
  const [given] = Object.entries(contents ?? {}).filter(([, list]) => list.length > 0);
  const where = `for input tensor '${name}' for model '${model}'`;
  if (given && given[0] !== own) {
    const problem = `unexpected explicit tensor data ${where}: ${snake(given[0])} for datatype '${datatype}'.`;
    throw invalid(
      name,
      problem,
      own ? `Send ${snake(own)}, or raw_input_contents.` : 'Send raw_input_contents.',
    );
  }
  const values = given?.[1] as Values | undefined;
  const count = elementCount(shape);
  if (!values && count > 0)
    throw invalid(name, `unable to find data ${where} in request.`, 'Send contents or raw_input_contents.');
  if (values && values.length !== count) {
    const problem = `Input "${name}" holds ${values.length} values, but its shape [${shape.join(',')}] takes ${count}.`;
    throw invalid(name, problem, 'Send the values flat in C order.');
  }
  return { ...head, data: values ? narrowed(values, head) : allocate(datatype, 0) };
}

/** The typed field of a tensor; undefined when its datatype has none (FP16). */
export function writeContents({ datatype, data }: Tensor): Init<InferTensorContents> | undefined {
  const field = fields[datatype];
  if (!field) return undefined;
  if (datatype === 'BYTES')
    return {
      bytesContents: (data as (string | Uint8Array)[]).map((item) =>
        typeof item === 'string' ? Buffer.from(item) : item,
      ),
    };
  if (field === 'intContents') return { intContents: widened(data as Int8Array, Int32Array) };
  if (field === 'uintContents') return { uintContents: widened(data as Uint8Array, Uint32Array) };
  return { [field]: data };
}

/** The raw form of a tensor; numbers are a view. */
export function rawOf(tensor: Tensor): Uint8Array {
  const { datatype, data } = tensor;
  if (datatype !== 'BYTES') {
    const { buffer, byteOffset, byteLength } = data as Uint8Array;
    return new Uint8Array(buffer, byteOffset, byteLength);
  }
  const raw = Buffer.allocUnsafe(binarySize(tensor));
  writeBinary(tensor, raw, 0);
  return raw;
}

type Values = InferTensorContents[keyof InferTensorContents];

function narrowed(values: Values, { name, datatype }: Head): Tensor['data'] {
  const isNarrow =
    datatype === 'INT8' || datatype === 'INT16' || datatype === 'UINT8' || datatype === 'UINT16';
  if (!isNarrow) return values;
  const fitted = allocate(datatype, values.length);
  for (let index = 0; index < fitted.length; index++) {
    fitted[index] = values[index] as number;
    if (fitted[index] === values[index]) continue;
    const facts = { expected: expectations[datatype], received: String(values[index]) };
    throw failure(
      'INPUT_VALUE',
      { name, where: ` at element ${index}`, ...facts },
      { field: name, ...facts },
    );
  }
  return fitted;
}

function widened<L extends Int32Array | Uint32Array>(
  data: Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | Uint32Array,
  Type: { new (values: ArrayLike<number>): L },
): L {
  return data instanceof Type ? data : new Type(data);
}

function snake(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

// FP16 has none: it goes raw only.
const fields: Readonly<Record<Datatype, keyof InferTensorContents | undefined>> = {
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
