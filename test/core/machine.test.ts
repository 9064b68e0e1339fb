import { expect, test } from 'vitest';
import { cpuFeatures, thisMachine } from '../../src/core/machine.ts';

test('features are read as the system words them', () => {
  const x86 =
    'processor\t: 0\nmodel name\t: Some CPU\nflags\t\t: fpu avx2 avx512_vnni\n\nprocessor\t: 1\nflags\t\t: fpu\n';
  expect([...cpuFeatures(x86)]).toEqual(['fpu', 'avx2', 'avx512_vnni']);
  expect([...cpuFeatures('processor\t: 0\nFeatures\t: fp asimd asimddp i8mm\n')]).toContain('i8mm');
  expect(cpuFeatures('').size).toBe(0);
});

test('this machine is asked once', () => {
  expect(thisMachine()).toBe(thisMachine());
  expect(thisMachine().arch).toBe(process.arch);
});
