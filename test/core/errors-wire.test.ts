import { describe, expect, it } from 'vitest';
import { failure, type MdeployError } from '../../src/core/errors/error.ts';
import { packError, unpackError } from '../../src/core/errors/wire.ts';

describe('an error on its way to another process', () => {
  const other = failure('MODEL_NOT_READY', { name: 'b' });
  const error = failure(
    'INPUT_SHAPE',
    { name: 'x', expected: '[batch,4]', received: '[1,3]', hint: '' },
    { field: 'x', expected: '[batch,4]', received: '[1,3]', cause: new Error('kept here'), others: [other] },
  );
  const arrived = unpackError(structuredClone(packError(error)));

  it('says the same there', () => {
    const told = ({ code, message, remedy, http, grpc, exit, stack }: MdeployError) => ({
      ...{ code, message, remedy, http, grpc, exit, stack },
    });
    expect(told(arrived)).toEqual(told(error));
    expect(arrived.details.field).toBe('x');
    expect(arrived.details.others?.map(told)).toEqual([told(other)]);
  });

  it('leaves its cause behind, which need not be sendable', () => {
    expect(arrived.details.cause).toBeUndefined();
    expect(() =>
      structuredClone(packError(failure('PORT_IN_USE', { host: 'h', port: 1 }, { cause: () => 1 }))),
    ).not.toThrow();
  });

  it('makes a stranger a fault of ours', () => {
    expect(unpackError(packError(new RangeError('odd'))).code).toBe('INTERNAL');
  });
});
