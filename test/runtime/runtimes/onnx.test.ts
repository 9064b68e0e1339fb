import { describe, expect, it } from 'vitest';
import { allocate, type Datatype, type Tensor } from '../../../src/core/tensor.ts';
import { loadOnnxRuntime, onnxRuntimeVersion } from '../../../src/runtime/onnxruntime.ts';
import { openOnnxSession } from '../../../src/runtime/runtimes/onnx.ts';
import { difference, fixturePath, fromHalf, loadCase, toHalf } from '../../fixtures.ts';
import * as proto from '../../onnx/proto.ts';
import { carried, disagreement, sourceOf } from '../sources.ts';

describe('openOnnxSession', () => {
  it.each(carried.filter((name) => !['sklearn/credit_columns'].includes(name)))(
    '%s answers its golden values',
    async (name) => {
      const session = await openOnnxSession(sourceOf(name));
      expect(session.placement).toBe('inline');
      expect(await disagreement(session, loadCase(name))).toBeUndefined();
      await session.close();
    },
  );

  it('tells the signature with the names of the file', async () => {
    const session = await openOnnxSession(sourceOf('traits/many_io'));
    expect(session.signature.inputs).toEqual([
      { name: 'a', datatype: 'FP32', shape: ['N', 2] },
      { name: 'b', datatype: 'FP32', shape: ['N', 2] },
      { name: 'c', datatype: 'FP32', shape: [1] },
    ]);
    await session.close();
  });

  it('returns only the outputs asked for, in that order', async () => {
    const { inputs } = loadCase('traits/string_io');
    const session = await openOnnxSession(sourceOf('traits/string_io'));
    const names = async (...wanted: string[]) => (await session.run(inputs, wanted)).map(({ name }) => name);
    expect(await names('echo', 'id')).toEqual(['echo', 'id']);
    expect(await names('id')).toEqual(['id']);
    await session.close();
  });

  it('takes a graph from bytes', async () => {
    const identity = identityGraph('x', 1);
    const source = { name: 'bytes', path: '/nowhere.onnx', bytes: identity, intraOpThreads: 1 } as const;
    const session = await openOnnxSession(source);
    expect(session.signature.inputs[0]).toEqual({ name: 'x', datatype: 'FP32', shape: ['N'] });
    await session.close();
  });

  it.each(datatypesOfOnnx())('carries %s there and back', async (datatype, elementType, values) => {
    const session = await openOnnxSession({
      name: datatype,
      path: '',
      bytes: identityGraph('x', elementType),
      intraOpThreads: 1,
    });
    const data = allocate(datatype, values.length);
    values.forEach((value, index) => {
      (data as unknown[])[index] = value;
    });
    const input: Tensor = { name: 'x', datatype, shape: [values.length], data };
    const [output] = await session.run([input], ['y']);
    expect(output).toMatchObject({ name: 'y', datatype, shape: [values.length] });
    expect([...(output!.data as Iterable<unknown>)]).toEqual(values);
    expect(output!.data.constructor).toBe(data.constructor);
    await session.close();
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'an input named %s is a name',
    async (name) => {
      const bytes = identityGraph(name, 1);
      const session = await openOnnxSession({ name: 'odd', path: '', bytes, intraOpThreads: 1 });
      const input: Tensor = { name, datatype: 'FP32', shape: [1], data: Float32Array.of(7) };
      const [output] = await session.run([input], ['y']);
      expect(output!.data).toEqual(Float32Array.of(7));
      await session.close();
    },
  );

  it('decodes bytes of UTF-8 to text', async () => {
    const session = await openOnnxSession(sourceOf('traits/string_io'));
    const data = [Buffer.from('日本'), 'yes'];
    const [echo] = await session.run([{ name: 'token', datatype: 'BYTES', shape: [2], data }], ['echo']);
    expect(echo!.data).toEqual(['日本', 'yes']);
    await session.close();
  });

  it('close waits for the runs in progress', async () => {
    const golden = loadCase('torch/digits_cnn');
    const session = await openOnnxSession(sourceOf('torch/digits_cnn'));
    const outputs = golden.outputs.map(({ name }) => name);
    const runs = Array.from({ length: 20 }, () => session.run(golden.inputs, outputs));
    await session.close();
    for (const [result] of await Promise.all(runs)) {
      expect(difference(result!, golden.outputs[0]!, golden.tolerance)).toBeUndefined();
    }
  });

  it('a kernel that refuses is told as the request’s fault, in the kernel’s words', async () => {
    const session = await openOnnxSession(sourceOf('traits/many_io'));
    const input = (name: string, rows: number): Tensor => ({
      name,
      datatype: 'FP32',
      shape: [rows, 2],
      data: new Float32Array(rows * 2),
    });
    const c: Tensor = { name: 'c', datatype: 'FP32', shape: [1], data: new Float32Array(1) };
    const outputs = session.signature.outputs.map(({ name }) => name);
    await expect(session.run([input('a', 2), input('b', 3), c], outputs)).rejects.toMatchObject({
      code: 'RUN_REFUSED',
      http: 400,
    });
    await session.close();
  });

  it('what cannot be fed at all is the engine’s fault', async () => {
    const session = await openOnnxSession(sourceOf('traits/many_io'));
    await expect(session.run([], ['sum'])).rejects.toMatchObject({ code: 'ENGINE_FAULT', http: 500 });
    await session.close();
  });

  it.each(['corrupted', 'truncated', 'ir_too_new'])('%s is refused with its name', async (trait) => {
    const path = fixturePath(`traits/${trait}/model.onnx`);
    await expect(openOnnxSession({ name: trait, path, intraOpThreads: 1 })).rejects.toMatchObject({
      code: 'MODEL_REFUSED',
      message: expect.stringMatching(new RegExp(`^The runtime refuses model "${trait}": `)),
    });
  });
});

describe('the runtime', () => {
  it('is loaded once, with its telemetry off', () => {
    expect(loadOnnxRuntime()).toBe(loadOnnxRuntime());
    expect(process.env.ORT_DISABLE_TELEMETRY).toBe('1');
  });

  it('tells its version without being loaded', () => {
    expect(onnxRuntimeVersion()).toMatch(/^1\.\d+\.\d+$/);
  });
});

function identityGraph(input: string, elementType: number): Uint8Array {
  const type = proto.tensorType(elementType, proto.str(2, 'N'));
  const nodeBody = proto.bytes(proto.str(1, input), proto.str(2, 'y'), proto.str(4, 'Identity'));
  return proto.model(
    proto.bareGraph(
      proto.msg(1, nodeBody),
      proto.str(2, 'g'),
      proto.msg(11, proto.value(input, type)),
      proto.msg(12, proto.value('y', type)),
    ),
  );
}

/** Datatype, its number in onnx.proto3, and its extremes. */
function datatypesOfOnnx(): [Datatype, number, unknown[]][] {
  return [
    ['BOOL', 9, [0, 1]],
    ['UINT8', 2, [0, 255]],
    ['UINT16', 4, [0, 65_535]],
    ['UINT32', 12, [0, 4_294_967_295]],
    ['UINT64', 13, [0n, 18_446_744_073_709_551_615n]],
    ['INT8', 3, [-128, 127]],
    ['INT16', 5, [-32_768, 32_767]],
    ['INT32', 6, [-2_147_483_648, 2_147_483_647]],
    ['INT64', 7, [-9_223_372_036_854_775_808n, 9_223_372_036_854_775_807n]],
    ['FP16', 10, [toHalf(-1.5), toHalf(65_504), toHalf(2 ** -24), toHalf(fromHalf(0x3555))]],
    ['FP32', 1, [-0, 1.5, 3.4028234663852886e38, Number.NEGATIVE_INFINITY, Number.NaN]],
    ['FP64', 11, [5e-324, Number.MAX_VALUE, Number.NaN]],
    ['BYTES', 8, ['', 'é', '🙂 "quoted"\n']],
  ];
}
