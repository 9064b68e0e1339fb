import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bytes, int, model, msg, str, tensorType, value } from '../onnx/proto.ts';

/** TensorFlow Serving's example models as ONNX: `y = x / 2 + addend`, FP32, any number of rows. */
export function halfPlus(addend: number): Uint8Array {
  return model(
    msg(
      7,
      msg(1, str(1, 'x'), str(1, 'half'), str(2, 'product'), str(4, 'Mul')),
      msg(1, str(1, 'product'), str(1, 'addend'), str(2, 'y'), str(4, 'Add')),
      str(2, 'half_plus'),
      msg(5, scalar('half', 0.5)),
      msg(5, scalar('addend', addend)),
      msg(11, value('x', tensorType(1, str(2, 'batch')))),
      msg(12, value('y', tensorType(1, str(2, 'batch')))),
    ),
  );
}

/** `half_plus_two/00000123/` and `half_plus_three/00000123/`, named as in TensorFlow Serving's own test data. */
export async function writeHalfPlusModels(root: string): Promise<void> {
  for (const [name, addend] of [
    ['half_plus_two', 2],
    ['half_plus_three', 3],
  ] as const) {
    const folder = join(root, name, '00000123');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'model.onnx'), halfPlus(addend));
  }
}

// TensorProto: data_type 1 FLOAT, name 8, raw_data 9; without dims a scalar.
function scalar(name: string, number: number): Uint8Array {
  return bytes(int(2, 1), str(8, name), str(9, new Uint8Array(Float32Array.of(number).buffer)));
}
