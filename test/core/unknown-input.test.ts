import { expect, test } from 'vitest';
import { unknownInput } from '../../src/core/unknown-input.ts';

const inputs = [{ name: 'age' }, { name: 'income' }];

test('tells the name that was meant, if one is near', () => {
  expect(unknownInput('incme', inputs)).toMatchObject({
    code: 'INPUT_UNKNOWN',
    http: 400,
    message: 'The model has no input named "incme". Did you mean "income"?',
    remedy: 'Its inputs are: age, income.',
    details: { field: 'incme', expected: 'income' },
  });
  const far = unknownInput('zzzzzz', inputs, { field: '[2].zzzzzz' });
  expect(far.message).toBe('The model has no input named "zzzzzz".');
  expect(far.details).toEqual({ field: '[2].zzzzzz' });
});

test('looks at the other words of the place, too', () => {
  expect(unknownInput('featurs', inputs, { others: ['features'] }).message).toContain('"features"');
});
