import { describe, expect, it } from 'vitest';
import type { MdeployError } from '../../src/core/errors/error.ts';
import {
  type AnyTensorData,
  allocate,
  type Datatype,
  elementCount,
  type Tensor,
} from '../../src/core/tensor.ts';
import { compileGauge } from '../../src/runtime/gauge.ts';

function tensor(name: string, shape: number[], datatype: Datatype = 'FP32', data?: AnyTensorData): Tensor {
  return { name, datatype, shape, data: data ?? allocate(datatype, Math.max(0, elementCount(shape))) };
}

function spec(name: string, shape: readonly (number | string)[] | null, datatype: Datatype = 'FP32') {
  return { name, datatype, shape };
}

function signature(...inputs: ReturnType<typeof spec>[]) {
  return { inputs, outputs: [] };
}

function caught(run: () => unknown): MdeployError {
  try {
    run();
  } catch (error) {
    return error as MdeployError;
  }
  throw new Error('nothing was thrown');
}

const pair = compileGauge(signature(spec('a', ['N', 2]), spec('b', ['M', 3])));

describe('names', () => {
  it('gives the only tensor back as it is', () => {
    const given = [tensor('x', [1, 4])];
    expect(compileGauge(signature(spec('x', ['batch', 4])))(given)).toBe(given);
  });

  it('puts tensors in the order of the signature', () => {
    const [a, b] = [tensor('a', [1, 2]), tensor('b', [1, 3])];
    expect(pair([b, a])).toEqual([a, b]);
  });

  it.each([
    [
      'missing',
      [tensor('a', [1, 2])],
      'INPUT_MISSING',
      'Input "b" is missing.',
      'Send every input of the model: a, b.',
    ],
    ['none at all', [], 'INPUT_MISSING', 'Input "a" is missing.', 'Send every input of the model: a, b.'],
    [
      'unknown',
      [tensor('a', [1, 2]), tensor('b', [1, 3]), tensor('c', [1])],
      'INPUT_UNKNOWN',
      'The model has no input named "c".',
      'Its inputs are: a, b.',
    ],
    [
      'twice',
      [tensor('a', [1, 2]), tensor('a', [1, 2])],
      'INPUT_DUPLICATE',
      'Input "a" is given twice.',
      'Send each input once.',
    ],
  ])('%s', (_, given, code, message, remedy) => {
    expect(caught(() => pair(given))).toMatchObject({ code, message, remedy, http: 400 });
  });

  it.each([[0], [0, 4]])('of no rows says so: %j', (...shape) => {
    const gauge = compileGauge(signature(spec('x', ['batch', 4])));
    expect(caught(() => gauge([tensor('x', shape)]))).toMatchObject({
      code: 'INPUT_SHAPE',
      message: `Input "x" has shape [${shape}] (no rows), the model expects [batch,4].`,
      remedy: 'Send "x" with shape [batch,4], and at least one row.',
    });
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', ''])('"%s" is a plain name', (name) => {
    const gauge = compileGauge(signature(spec(name, [1]), spec('x', [1])));
    const given = [tensor('x', [1]), tensor(name, [1])];
    expect(gauge(given).map((each) => each.name)).toEqual([name, 'x']);
    expect(caught(() => pair([...[tensor('a', [1, 2]), tensor('b', [1, 3])], tensor(name, [1])])).code).toBe(
      'INPUT_UNKNOWN',
    );
  });

  it('names the wrong input of a model with one', () => {
    const gauge = compileGauge(signature(spec('x', ['batch', 4])));
    expect(caught(() => gauge([tensor('y', [1, 4])]))).toMatchObject({
      code: 'INPUT_MISSING',
      details: { field: 'x' },
    });
  });
});

describe('datatypes', () => {
  it('must be the very one', () => {
    const gauge = compileGauge(signature(spec('x', ['batch', 4])));
    expect(caught(() => gauge([tensor('x', [1, 4], 'FP64')]))).toMatchObject({
      code: 'INPUT_DATATYPE',
      message: 'Input "x" has datatype FP64, the model expects FP32.',
      remedy: 'Send "x" as FP32.',
      details: { field: 'x', expected: 'FP32', received: 'FP64' },
    });
  });
});

describe('shapes', () => {
  const accepts = (shape: readonly (number | string)[] | null, given: number[]) =>
    expect(compileGauge(signature(spec('x', shape)))([tensor('x', given)])).toHaveLength(1);
  const refuses = (shape: readonly (number | string)[] | null, given: number[], data?: AnyTensorData) =>
    caught(() => compileGauge(signature(spec('x', shape)))([tensor('x', given, 'FP32', data)]));

  it('takes any length on a symbolic axis, named or not', () => {
    accepts(['batch', 4], [1, 4]);
    accepts(['batch', 4], [1000, 4]);
    accepts(['', ''], [3, 5]);
  });

  it('takes a scalar, an unknown rank, a fixed zero and an empty inner axis', () => {
    accepts([], []);
    accepts(null, []);
    accepts(null, [2, 3, 4]);
    accepts([0, 4], [0, 4]);
    accepts(['batch', 'past', 2], [1, 0, 2]);
  });

  it.each([
    ['fixed axis', ['batch', 4], [1, 5], '[batch,4]', '[1,5]'],
    ['too few axes', ['batch', 4], [4], '[batch,4]', '[4]'],
    ['too many axes', ['batch', 4], [1, 4, 1], '[batch,4]', '[1,4,1]'],
    ['a scalar where there are axes', ['batch', 4], [], '[batch,4]', '[]'],
    ['axes where there is a scalar', [], [1], '[]', '[1]'],
    ['an unnamed axis is shown as ?', ['', 4], [1, 3], '[?,4]', '[1,3]'],
  ])('%s', (_, shape, given, expected, received) => {
    expect(refuses(shape, given)).toMatchObject({
      code: 'INPUT_SHAPE',
      message: `Input "x" has shape ${received}, the model expects ${expected}.`,
      details: { field: 'x', expected, received },
    });
  });

  it('refuses an empty batch, on which some kernels abort the process', () => {
    expect(refuses(['batch', 4], [0, 4])).toMatchObject({
      code: 'INPUT_SHAPE',
      remedy: 'Send "x" with shape [batch,4], and at least one row.',
    });
    expect(refuses(null, [0, 4]).code).toBe('INPUT_SHAPE');
  });

  it.each([
    [[-1, -4], 4],
    [[1.5, 2], 3],
    [[Number.NaN, 1], 0],
    [[2 ** 60, 0], 0],
    [[1, Number.POSITIVE_INFINITY], 1],
  ])('lengths that are no lengths: %j', (given, count) => {
    for (const shape of [['a', 'b'], null]) {
      expect(refuses(shape, given, new Float32Array(count)).code, String(shape)).toBe('INPUT_SHAPE');
    }
  });

  it('counts the values', () => {
    expect(refuses(['batch', 4], [2, 4], new Float32Array(7))).toMatchObject({
      code: 'INPUT_SHAPE',
      remedy: 'Send "x" with shape [batch,4], that is 8 values instead of 7.',
    });
    expect(refuses(null, [2], new Float32Array(3))).toMatchObject({
      message: 'Input "x" has shape [2], the model expects [...].',
    });
  });
});

describe('axis names', () => {
  const file = signature(spec('a', ['N', 2]), spec('b', ['N', 3]));

  it('a name the file uses twice promises one length', () => {
    const gauge = compileGauge(file, file);
    expect(gauge([tensor('a', [5, 2]), tensor('b', [5, 3])])).toHaveLength(2);
    expect(caught(() => gauge([tensor('a', [5, 2]), tensor('b', [4, 3])]))).toMatchObject({
      code: 'INPUT_SHAPE',
      remedy: 'Send "b" with shape [N,3], where N is 5 as in input "a".',
    });
  });

  it('within one tensor, too', () => {
    const square = signature(spec('x', ['n', 'n']));
    const gauge = compileGauge(square, square);
    expect(gauge([tensor('x', [3, 3])])).toHaveLength(1);
    expect(caught(() => gauge([tensor('x', [3, 4])])).code).toBe('INPUT_SHAPE');
  });

  it('names of the manifest promise nothing', () => {
    const unnamed = signature(spec('a', ['', 2]), spec('b', ['', 3]));
    const gauge = compileGauge(file, unnamed);
    expect(gauge([tensor('a', [5, 2]), tensor('b', [4, 3])])).toHaveLength(2);
  });
});

describe('texts', () => {
  const gauge = compileGauge(signature(spec('s', ['n'], 'BYTES')));
  const texts = (...data: (string | Uint8Array)[]) => tensor('s', [data.length], 'BYTES', data);

  it('takes UTF-8, as text or as bytes', () => {
    const given = texts('', 'plain', 'naïve 日本 🙂', Buffer.from('日本'), new Uint8Array(0));
    expect(gauge([given])).toEqual([given]);
  });

  it.each([
    ['bytes that are no UTF-8', Uint8Array.of(0xff, 0xfe), '0xfffe'],
    ['a cut character', Uint8Array.of(0xe6, 0x97), '0xe697'],
    ['NUL in bytes, where the runtime would stop', Uint8Array.of(0x61, 0, 0x62), '0x610062'],
    ['NUL in text', 'a\0b', '"a\\u0000b"'],
    ['half a surrogate pair, which would become another character', '\ud800', '"\\ud800"'],
    ['a long one is cut', `${'x'.repeat(40)}\0`, `"${'x'.repeat(24)}"…`],
  ])('refuses %s', (_, element, received) => {
    expect(caught(() => gauge([texts('fine', element)]))).toMatchObject({
      code: 'INPUT_VALUE',
      http: 400,
      message: `Input "s"[1] has the value ${received}, which is not UTF-8 text without NUL (ONNX Runtime takes no other strings from Node.js).`,
      details: { field: 's[1]', received },
    });
  });
});
