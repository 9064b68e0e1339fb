import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { catalogue, type ErrorCode } from '../src/core/errors/catalogue.ts';
import { asMdeployError, failure, MdeployError } from '../src/core/errors/error.ts';
import type { ErrorRow } from '../src/core/errors/row.ts';

const root = join(import.meta.dirname, '..');
const rows = Object.entries(catalogue) as [ErrorCode, ErrorRow][];
const grpcByHttp: Readonly<Record<number, readonly string[]>> = {
  400: ['INVALID_ARGUMENT', 'FAILED_PRECONDITION'],
  403: ['FAILED_PRECONDITION'],
  404: ['NOT_FOUND'],
  405: ['UNIMPLEMENTED'],
  406: ['INVALID_ARGUMENT'],
  409: ['ALREADY_EXISTS', 'FAILED_PRECONDITION'],
  413: ['RESOURCE_EXHAUSTED'],
  415: ['INVALID_ARGUMENT'],
  429: ['RESOURCE_EXHAUSTED'],
  499: ['CANCELLED'],
  501: ['UNIMPLEMENTED'],
  503: ['UNAVAILABLE', 'RESOURCE_EXHAUSTED'],
  504: ['DEADLINE_EXCEEDED'],
  507: ['RESOURCE_EXHAUSTED'],
};

describe('the catalogue', () => {
  test.each(rows)('%s is a whole sentence with a remedy and fitting codes', (code, row) => {
    expect(code).toMatch(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/);
    expect(row.message.trim().length).toBeGreaterThan(5);
    expect(row.remedy.trim().length).toBeGreaterThan(3);
    expect([1, 2, 3, 130]).toContain(row.exit);
    if (row.http !== 500) expect(grpcByHttp[row.http]).toContain(row.grpc);
  });

  test.each(rows)('%s fills every placeholder of its templates', (code, row) => {
    const names = [...`${row.message} ${row.remedy}`.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
    expect(`${row.message}${row.remedy}`.replace(/\{\w+\}/g, '')).not.toMatch(/[{}]/);
    const error = new MdeployError(code, Object.fromEntries(names.map((name) => [name, `<${name}>`])));
    for (const name of names) expect(`${error.message} ${error.remedy}`).toContain(`<${name}>`);
    expect(`${error.message} ${error.remedy}`).not.toMatch(/\{\w+\}/);
  });

  test('areas do not define the same code twice', () => {
    const text = globSync('src/core/errors/*.ts', { cwd: root }).map(read).join('\n');
    const codes = [...text.matchAll(/^ {2}([A-Z][A-Z0-9_]+): \{/gm)].map(([, code]) => code!);
    expect(codes.length).toBe(new Set(codes).size);
    expect(codes.length).toBe(rows.length);
  });

  const used = sourceText('src', (file) => !file.includes('src/core/errors/') || file.endsWith('error.ts'));
  test.each(rows)('%s is thrown somewhere in src', (code) => {
    // The whole source as a failure message would help nobody.
    expect(used.includes(`'${code}'`)).toBe(true);
  });

  const asserted = sourceText('test', (file) => !file.endsWith('test/errors.test.ts'));
  test.each(rows)('%s is asserted in a test', (code) => {
    expect(new RegExp(`\\b${code}\\b`).test(asserted)).toBe(true);
  });
});

describe('an error', () => {
  test('carries everything of its row, its details and its cause', () => {
    const cause = new Error('below');
    const error = failure(
      'FILE_UNREADABLE',
      { file: 'model.onnx', reason: 'it does not exist' },
      { at: { file: 'model.yaml', line: 3, column: 8, path: 'model.path' }, expected: 'a file', cause },
    );
    expect(error.message).toBe('Cannot read model.onnx: it does not exist.');
    expect(error).toMatchObject({ code: 'FILE_UNREADABLE', exit: 2, http: 500, grpc: 'INTERNAL', cause });
    expect(error.details.at).toEqual({ file: 'model.yaml', line: 3, column: 8, path: 'model.path' });
  });

  test('wraps what is not ours as INTERNAL and leaves ours alone', () => {
    const ours = failure('INTERRUPTED', {});
    expect(asMdeployError(ours)).toBe(ours);
    const wrapped = asMdeployError(new TypeError('x is not a function'));
    expect(wrapped).toMatchObject({ code: 'INTERNAL', exit: 1 });
    expect(wrapped.message).toContain('x is not a function');
    expect(asMdeployError('text').message).toContain('text');
  });

  test('never lets a value forge a line or a terminal escape', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const { message } = failure('FILE_UNREADABLE', { file: value, reason: value });
        return !/[\p{Cc}\u2028\u2029\u202e]/u.test(message) && message.length < 900;
      }),
    );
  });
});

function sourceText(folder: string, keep: (file: string) => boolean): string {
  return globSync(`${folder}/**/*.ts`, { cwd: root })
    .map((file) => file.replaceAll('\\', '/'))
    .filter(keep)
    .map(read)
    .join('\n');
}

function read(file: string): string {
  return readFileSync(join(root, file), 'utf8');
}
