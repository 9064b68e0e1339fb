import {
  type AnyTensorData,
  allocate,
  type BytesElement,
  type Datatype,
  datatypes,
  elementCount,
  elementSize,
  type Tensor,
} from '../../core/tensor.ts';

/** The data of a tensor as Open Inference has it in binary: little-endian, texts each behind its length. */
export function toBytes({ datatype, data }: Pick<Tensor, 'datatype' | 'data'>): Buffer {
  if (datatype !== 'BYTES') {
    const { buffer, byteOffset, byteLength } = data as Uint8Array;
    return Buffer.from(buffer, byteOffset, byteLength);
  }
  return Buffer.concat(
    (data as readonly BytesElement[]).flatMap((element) => {
      const bytes = Buffer.from(element as string);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}

/**
 * A tensor of an answer.
 * @throws SyntaxError, RangeError when datatype, shape and bytes do not fit
 */
export function fromBytes(
  output: { readonly datatype?: unknown; readonly shape?: unknown },
  bytes: Buffer,
): Tensor {
  const datatype = datatypes.find((name) => name === output.datatype);
  if (!datatype || !Array.isArray(output.shape))
    throw new SyntaxError('an output has no datatype or no shape');
  const shape = output.shape.map(Number);
  return { name: '', datatype, shape, data: dataOf(datatype, elementCount(shape), bytes) };
}

/** Whole numbers of a message as the bytes of a datatype. */
export function integerBytes(datatype: Exclude<Datatype, 'BYTES'>, values: readonly bigint[]): Buffer {
  const isWide = elementSize[datatype] === 8;
  const data = allocate(datatype, values.length);
  // A typed array takes of a number what fits, so that negative ones stay what they are.
  values.forEach((value, index) => {
    data[index] = (isWide ? value : Number(BigInt.asIntN(64, value))) as never;
  });
  return toBytes({ datatype, data });
}

function dataOf(datatype: Datatype, count: number, bytes: Buffer): AnyTensorData {
  if (datatype === 'BYTES') return textsOf(bytes);
  const store = allocate(datatype, count);
  const target = new Uint8Array(store.buffer);
  if (target.length !== bytes.length)
    throw new RangeError(`an output has ${bytes.length} bytes, not ${target.length}`);
  target.set(bytes);
  return store;
}

function textsOf(bytes: Buffer): string[] {
  const texts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32LE(at);
    texts.push(bytes.toString('utf8', at + 4, end));
    at = end;
  }
  return texts;
}
