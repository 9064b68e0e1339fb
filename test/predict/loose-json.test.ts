import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { faultOf, parseLoose } from '../../src/predict/loose-json.ts';

describe('JSON with words for floats', () => {
  test('has them as texts, and leaves texts alone', () => {
    expect(parseLoose('{"a": [NaN,Infinity,-Infinity, "NaN", "\\"NaN", 1]}')).toEqual({
      a: ['NaN', 'Infinity', '-Infinity', 'NaN', '"NaN', 1],
    });
  });

  test.each(['[-NaN]', '[NaN1]', '[+Infinity]', '[1NaN]', '[nan]'])('%s is none', (text) => {
    expect(() => parseLoose(text)).toThrow(SyntaxError);
    expect(faultOf(text)).toBeDefined();
  });

  test('any JSON is read as JSON.parse reads it, and has no fault', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(parseLoose(text)).toEqual(JSON.parse(text));
        expect(faultOf(text)).toBeUndefined();
      }),
    );
  });

  test('a fault stands where something that JSON has not was put in', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { minLength: 1 }), (values) => {
        const text = `[\n${values.map((value) => JSON.stringify(value)).join(',\n')},\n?]`;
        expect(faultOf(text)).toEqual({ reason: "Unexpected token '?'", line: values.length + 2, column: 1 });
      }),
    );
  });

  test('a long text takes no long time', () => {
    const text = `["${'\\n'.repeat(2_000_000)}", NaN, ?]`;
    expect(faultOf(text)?.column).toBe(text.length - 1);
  });
});
