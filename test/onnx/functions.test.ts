import { describe, expect, it } from 'vitest';
import { readModelBytes } from '../../src/onnx/read-model.ts';
import { codeOf, errorOf } from './codes.ts';
import { attribute, bytes, graph, localFunction, model, msg, node, type Part, str } from './proto.ts';

const read = (...parts: readonly Part[]) => readModelBytes(bytes(parts), 'bomb.onnx');

describe('model-local functions', () => {
  const call = (name: string): Uint8Array => graph(node(name, str(7, 'local')));
  const chain = (length: number): Uint8Array[] =>
    Array.from({ length }, (_, i) => localFunction(`f${i}`, i + 1 < length ? `f${i + 1}` : 'Relu'));

  it('refuses the chain of 3,000 that kills the runtime', async () => {
    const error = await errorOf(() => read(model(call('f0'), ...chain(3_000))));
    expect(error.code).toBe('MODEL_FUNCTION_DEPTH');
    expect(error.message).toContain('3000 levels deep, from local.f0');
  });

  it('takes 64 levels and refuses 65', async () => {
    expect(read(model(call('f0'), ...chain(64))).functionCount).toBe(64);
    expect(await codeOf(() => read(model(call('f0'), ...chain(65))))).toBe('MODEL_FUNCTION_DEPTH');
  });

  it('measures a chain of 15,000 without a stack of its own depth', async () => {
    expect(await codeOf(() => read(model(call('f0'), ...chain(15_000))))).toBe('MODEL_FUNCTION_DEPTH');
  });

  it.each([
    ['itself', [localFunction('f', 'f')]],
    ['itself through another', [localFunction('f', 'g'), localFunction('g', 'f')]],
  ])('refuses a function that calls %s', async (_what, functions) => {
    const error = await errorOf(() => read(model(call('f'), ...functions)));
    expect(error.code).toBe('MODEL_FUNCTION_RECURSIVE');
    expect(error.message).toMatch(/local\.[fg] calls itself/);
  });

  it('sees calls in sub-graphs of functions', async () => {
    const hidden = msg(
      25,
      str(1, 'f'),
      msg(7, str(4, 'If'), attribute('then_branch', msg(6, node('f', str(7, 'local'))))),
      str(10, 'local'),
    );
    expect(await codeOf(() => read(model(call('f'), hidden)))).toBe('MODEL_FUNCTION_RECURSIVE');
  });

  it('refuses functions that double at every level', async () => {
    const doubling = Array.from({ length: 40 }, (_, i) => localFunction(`f${i}`, `f${i + 1}`, `f${i + 1}`));
    const error = await errorOf(() => read(model(call('f0'), ...doubling)));
    expect(error.code).toBe('MODEL_TOO_COMPLEX');
    expect(error.message).toContain('after inlining');
  });

  it('takes a diamond of calls, which is no recursion', () => {
    const diamond = [
      localFunction('a', 'b', 'c'),
      localFunction('b', 'd'),
      localFunction('c', 'd'),
      localFunction('d'),
    ];
    expect(read(model(call('a'), ...diamond)).functionCount).toBe(4);
  });
});
