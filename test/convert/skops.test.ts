import { describe, expect, test } from 'vitest';
import { sniffFile } from '../../src/convert/detect.ts';
import { bytesSource } from '../../src/onnx/source.ts';
import { zip } from './pickle-bytes.ts';

function sniff(schema: string) {
  const bytes = zip([{ name: 'schema.json', content: Buffer.from(schema) }]);
  return sniffFile(bytesSource(bytes, 'model.skops'));
}

const object = (module: string, name: string, content: unknown = null) => ({
  __class__: name,
  __module__: module,
  __loader__: 'ObjectNode',
  content,
});

describe('a skops archive', () => {
  test('is told by its schema, with the harmless classes that it names', () => {
    const tree = object('sklearn.tree._tree', 'Tree');
    const chi2 = {
      ...object('builtins', 'function'),
      content: { module_path: 'sklearn.feature_selection._univariate_selection', function: 'chi2' },
    };
    const schema = object('sklearn.pipeline', 'Pipeline', { steps: [tree, chi2, null, 3] });
    const { format, what, globals } = sniff(JSON.stringify(schema));
    expect({ format, what }).toEqual({ format: 'skops', what: 'a skops archive (Pipeline)' });
    expect(globals?.map(({ module, name }) => `${module}.${name}`).sort()).toEqual([
      'sklearn.feature_selection._univariate_selection.chi2',
      'sklearn.pipeline.Pipeline',
      'sklearn.tree._tree.Tree',
    ]);
  });

  test('is allowed nothing else: skops itself refuses the rest', () => {
    const system = { content: { module_path: 'os', function: 'system' } };
    expect(sniff(JSON.stringify(object('evil', 'Net', [system]))).globals).toEqual([]);
  });

  test('may nest as deep as it likes', () => {
    const deep = `${'{"content":'.repeat(5000)}{"__module__":"sklearn.svm._classes","__class__":"SVC"}${'}'.repeat(5000)}`;
    expect(sniff(deep).globals).toMatchObject([{ name: 'SVC' }]);
  });

  test('with a schema that is no JSON is damaged', () => {
    expect(() => sniff('{')).toThrow(expect.objectContaining({ code: 'CONVERT_DAMAGED' }));
  });
});
