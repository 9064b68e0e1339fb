import { describe, expect, test } from 'vitest';
import { answerTable, parseAnswer } from '../../src/predict/table.ts';

describe('the table of an answer', () => {
  test.each([
    {
      what: 'rows of several outputs',
      answer: {
        predictions: [
          { label: 0, probabilities: [0.9, 0.1] },
          { label: 12, probabilities: [0.2, 0.8] },
        ],
      },
      lines: ['label  probabilities', '0      0.9 0.1', '12     0.2 0.8'],
    },
    { what: 'one output', answer: { predictions: [[1.5], [2]] }, lines: ['prediction', '1.5', '2'] },
    { what: 'columns', answer: { outputs: { a: [1, 2], b: ['x', 'y'] } }, lines: ['a  b', '1  x', '2  y'] },
    {
      what: 'columns of unequal length',
      answer: { outputs: { a: [1, 2], b: ['x'] } },
      lines: ['a  b', '1  x', '2'],
    },
    { what: 'one number', answer: { outputs: 4 }, lines: ['prediction', '4'] },
    { what: 'a bare list', answer: [1, 2], lines: ['prediction', '1', '2'] },
    {
      what: 'one row by name',
      answer: { predictions: { label: 0, probabilities: [0.9, 0.1] } },
      lines: ['label  probabilities', '0      0.9 0.1'],
    },
    {
      what: 'one row of the best classes',
      answer: { predictions: [{ label: ['7', '2'], score: [0.9, 0.1] }] },
      lines: ['label  score', '7      0.9', '2      0.1'],
    },
    { what: 'nested lists', answer: { predictions: [[[1], [2]]] }, lines: ['prediction', '[[1],[2]]'] },
    { what: 'nothing', answer: { predictions: [] }, lines: ['prediction'] },
  ])('of $what', ({ answer, lines }) => {
    expect(answerTable(answer).split('\n')).toEqual(lines);
  });

  test('keeps every digit of a 64-bit integer, and floats as they are', () => {
    const answer = parseAnswer('{"predictions": [{"id": 9007199254740993, "p": 0.1}, {"id": 1, "p": 1e30}]}');
    expect(answerTable(answer).split('\n')).toEqual([
      'id                p',
      '9007199254740993  0.1',
      '1                 1e+30',
    ]);
  });

  test('lets nothing steer the terminal', () => {
    expect(answerTable({ predictions: ['\u001b[2Jgone'] })).toBe('prediction\n·[2Jgone');
  });
});
