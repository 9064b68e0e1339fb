import { describe, expect, it } from 'vitest';
import { lazyTable } from '../../src/core/table.ts';
import { allocate, datatypes, elementCount, elementSize, showSpec } from '../../src/core/tensor.ts';

describe('tensors', () => {
  it.each(datatypes)('%s: allocates zeroed storage of its element size', (datatype) => {
    const data = allocate(datatype, 3);
    expect(data).toHaveLength(3);
    if (datatype === 'BYTES') expect(data).toEqual(['', '', '']);
    else {
      expect((data as Uint8Array).BYTES_PER_ELEMENT).toBe(elementSize[datatype]);
      expect([...(data as Uint8Array)].every((value) => Number(value) === 0)).toBe(true);
    }
  });

  it.each([
    [[], 1],
    [[3], 3],
    [[2, 0, 4], 0],
    [[2, 3, 4], 24],
  ])('shape %j has %i elements', (shape, count) => {
    expect(elementCount(shape)).toBe(count);
  });

  it('shows a signature the way people read it', () => {
    expect(showSpec({ datatype: 'FP32', shape: ['batch', 4] })).toBe('FP32[batch,4]');
    expect(showSpec({ datatype: 'INT64', shape: [] })).toBe('INT64[]');
    expect(showSpec({ datatype: 'BYTES', shape: ['', 1] })).toBe('BYTES[?,1]');
    expect(showSpec({ datatype: 'FP16', shape: null })).toBe('FP16[...]');
  });
});

describe('lazyTable', () => {
  it('loads an entry only when asked for', async () => {
    let loads = 0;
    const table = lazyTable({
      one: () => Promise.resolve(1),
      two: () => {
        loads++;
        return Promise.resolve(2);
      },
    });
    expect(table.names).toEqual(['one', 'two']);
    expect(loads).toBe(0);
    expect(await table.load('two')).toBe(2);
    expect(loads).toBe(1);
  });

  it.each(['three', '__proto__', 'constructor', 'toString'])('has no entry %s', async (name) => {
    const table = lazyTable({ one: () => Promise.resolve(1) });
    expect(table.has(name)).toBe(false);
    await expect(table.load(name)).rejects.toThrow(`no entry named ${name}; there are: one`);
  });
});
