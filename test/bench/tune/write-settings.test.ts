import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Candidate } from '../../../src/bench/tune/candidate.ts';
import { writeSettings } from '../../../src/bench/tune/write-settings.ts';
import { checkManifest } from '../../../src/manifest/check.ts';

const least = 'name: a\nmodel: {path: m.onnx}\n';
const alone: Candidate = { processes: 1, threads: 'auto' };
const batches: Candidate = {
  processes: 2,
  threads: 1,
  batching: { max_batch_size: 32, max_queue_delay_ms: 2 },
};

describe('writeSettings', () => {
  test('adds what is missing, with where it comes from', () => {
    expect(writeSettings(least, batches, 'today')).toBe(`${least}serving:
  # bench --tune: today
  batching: {max_batch_size: 32, max_queue_delay_ms: 2}
runtime:
  # bench --tune: today
  intra_op_threads: 1
`);
  });

  test('writes no default where nothing was written', () => {
    expect(writeSettings(least, alone, 'today')).toBe(least);
  });

  test('replaces what is there and keeps what was said about it', () => {
    const text = `${least}# what clients ask
serving:
  timeout_ms: 500 # half a second
  # found by hand
  batching: # two settings
    # inside
    max_batch_size: 4 # four
# the machine
runtime: {intra_op_threads: 2} # two
`;
    const written = writeSettings(text, batches, 'today');
    expect(settingsOf(written)).toEqual({ batching: batches.batching, threads: 1, timeout: 500 });
    expect(commentsOf(written)).toEqual(
      [...commentsOf(text), 'bench --tune: today', 'bench --tune: today'].sort(),
    );
    expect(written).toContain(
      '  # found by hand\n  # two settings\n  # inside\n  # four\n  # bench --tune: today\n  batching: {max_batch',
    );
  });

  test('takes batches away and keeps what was said about them', () => {
    const text = `${least}serving:\n  # one\n  batching: {max_batch_size: 4} # two\n  # three\n  timeout_ms: 5\n`;
    const written = writeSettings(text, alone, 'today');
    expect(settingsOf(written)).toEqual({ batching: undefined, threads: undefined, timeout: 5 });
    expect(commentsOf(written)).toEqual(['one', 'three', 'two']);
  });

  test('a section that has nothing else stays one that is valid', () => {
    const written = writeSettings(`${least}serving: {batching: {max_batch_size: 4}}\n`, alone, 'today');
    expect(settingsOf(written).batching).toBeUndefined();
    expect(writeSettings(`${least}serving:\n`, batches, 'x')).toContain(
      'serving:\n  # bench --tune: x\n  batching:',
    );
  });

  test('its own words are replaced the next time, nothing grows', () => {
    const first = writeSettings(`${least}serving:\n  # mine\n  timeout_ms: 5\n`, batches, 'monday');
    const second = writeSettings(first, batches, 'tuesday');
    expect(second).toBe(first.replaceAll('monday', 'tuesday'));
    expect(commentsOf(writeSettings(second, alone, 'wednesday'))).toEqual([
      'bench --tune: wednesday',
      'mine',
    ]);
  });

  test('keeps the indentation and the style of lists', () => {
    for (const text of [
      'name: a\nmodel:\n    path: m.onnx\nserving:\n    queue:\n        max_size: 5\n',
      `${least}serving:\n  protocols:\n  - plain\n  - tfs\n`,
      `${least}serving:\n  protocols:\n    - plain\n    - tfs\n`,
    ]) {
      const written = writeSettings(text, batches, 'today');
      expect(written.startsWith(text)).toBe(true);
      const indent = /\n( +)/.exec(text)![1];
      expect(written).toContain(`\n${indent}# bench --tune: today\n${indent}batching: {max_batch_size`);
    }
    const padded = 'name: a\nmodel: { path: m.onnx }\n';
    expect(writeSettings(padded, batches, 'x').startsWith(padded)).toBe(true);
  });

  test('a manifest on one line is written, too', () => {
    const written = writeSettings(
      '{name: a, model: {path: m.onnx}, serving: {timeout_ms: 5}}\n',
      batches,
      'x',
    );
    expect(settingsOf(written)).toEqual({ batching: batches.batching, threads: 1, timeout: 5 });
  });

  test('comments in a column stay in it', () => {
    const text = `name: a${' '.repeat(20)}# the name\nmodel: {path: m.onnx}    # the file\n\n\nserving:\n  timeout_ms: 5    # five\n`;
    const written = writeSettings(text, batches, 'x');
    expect(written.startsWith(text)).toBe(true);
    expect(settingsOf(written)).toEqual({ batching: batches.batching, threads: 1, timeout: 5 });
  });

  test.each(['', '\n\n', '   '])('a text that ends with %j is added to', (end) => {
    const written = writeSettings(`${least}serving: {timeout_ms: 5} # five${end}`, batches, 'x');
    expect(settingsOf(written)).toEqual({ batching: batches.batching, threads: 1, timeout: 5 });
    expect(commentsOf(written)).toContain('five');
  });

  test('every value stays as it was written', () => {
    const text = `name: a
version: 1.10
model: {path: m.onnx} # x
outputs: [{name: y, labels: [1e3, 0x10, 1.0, 'no', "1", true, ~, null, .5, +1, 007]}]
samples: [{inputs: a.json, outputs: b.json, tolerance: {rtol: 1.0e-4, atol: 0}}]
description: >-
  two
  lines
serving: {timeout_ms: 1_0}
`;
    const [head, tail] = writeSettings(text, batches, 'x').split('serving:');
    expect(head).toBe(text.split('serving:')[0]!.replace('two\n  lines', 'two lines'));
    expect(tail).toContain('timeout_ms: 1_0');
  });

  test('placeholders stay what they are', () => {
    const text = `${least}image: {repository: '\${REGISTRY:-localhost}/a'}\n`;
    expect(writeSettings(text, batches, 'x').startsWith(text)).toBe(true);
  });

  test('wherever comments stand, all stay, and only the settings change', () => {
    const lines = [
      'name: a',
      'model: {path: m.onnx}',
      'serving:',
      '  timeout_ms: 5',
      '  batching:',
      '    max_batch_size: 4',
      '    max_queue_delay_ms: 1',
      '  queue: {max_size: 7}',
      'runtime:',
      '  accelerator: none',
      '  intra_op_threads: 3',
      'image: {max_size: 100MiB}',
    ];
    const place = fc.record({ line: fc.nat(lines.length), isBeside: fc.boolean() });
    const candidate = fc.constantFrom(alone, batches, { processes: 1, threads: 2 } as const);
    fc.assert(
      fc.property(
        fc.uniqueArray(place, { selector: JSON.stringify, maxLength: 8 }),
        candidate,
        (places, settings) => {
          const shown = lines.flatMap((line, index) => {
            const beside = places.some((each) => each.line === index && each.isBeside)
              ? ` # beside ${index}`
              : '';
            const above = places.some((each) => each.line === index && !each.isBeside);
            const indent = /^ */.exec(line)![0];
            return [...(above ? [`${indent}# above ${index}`] : []), `${line}${beside}`];
          });
          const text = `${shown.join('\n')}\n`;
          const written = writeSettings(text, settings, 'now');
          const own = commentsOf(written).filter((comment) => comment !== 'bench --tune: now');
          expect(own).toEqual(commentsOf(text));
          const before = parse(text);
          before.runtime.intra_op_threads = settings.threads;
          if (settings.batching) before.serving.batching = settings.batching;
          else delete before.serving.batching;
          expect(parse(written)).toEqual(before);
          expect(checkManifest(written, 'model.yaml', { environment: {} }).problems).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });
});

function settingsOf(text: string) {
  const { draft, problems } = checkManifest(text, 'model.yaml', { environment: {} });
  expect(problems).toEqual([]);
  const { serving, runtime } = parse(text);
  expect(draft!.serving.batching).toEqual(serving?.batching);
  return { batching: serving?.batching, threads: runtime?.intra_op_threads, timeout: serving?.timeout_ms };
}

/** What is said behind every # of a text whose values hold none. */
function commentsOf(text: string): string[] {
  return [...text.matchAll(/# *(.+)$/gm)].map(([, comment]) => comment!.trimEnd()).sort();
}
