import { describe, expect, it } from 'vitest';
import { needsLocale } from '../../src/onnx/locale.ts';
import { readModel, readModelBytes } from '../../src/onnx/read-model.ts';
import { checkVersions, oldOpsets } from '../../src/onnx/versions.ts';
import { fixturePath } from '../fixtures.ts';
import { errorOf } from './codes.ts';
import { attribute, bytes, graph, int, model, node, opset, str } from './proto.ts';

const withVersions = (ir: number, opsets: Uint8Array, ...nodes: Uint8Array[]) =>
  readModelBytes(bytes(int(1, ir), graph(...nodes), opsets), 'm.onnx');

describe('checkVersions', () => {
  it.each([
    [13, opset('', 26)],
    [1, opset('', 7)],
    [8, bytes(opset('', 17), opset('ai.onnx.ml', 5))],
    [8, bytes(opset('', 17), opset('com.microsoft', 1), opset('my.ops', 900))],
  ])('takes IR %i with %o', (ir, opsets) => {
    expect(() => checkVersions(withVersions(ir, opsets, node('Relu')))).not.toThrow();
  });

  it('refuses IR 14 and says what to do', async () => {
    const error = await errorOf(() => checkVersions(withVersions(14, opset('', 17))));
    expect(error.code).toBe('MODEL_IR_UNSUPPORTED');
    expect(error.details).toMatchObject({ expected: 'up to 13', received: '14', at: { path: 'ir_version' } });
    expect(error.remedy).toContain('model.ir_version = 13');
  });

  it.each([
    ['', 27, 'ai.onnx; the shipped runtime supports 7 to 26', 'convert_version(model, 26)'],
    ['ai.onnx', 28, 'ai.onnx; the shipped runtime supports 7 to 26', 'convert_version(model, 26)'],
    ['ai.onnx.ml', 6, 'ai.onnx.ml; the shipped runtime supports 1 to 5', 'convert_version(model, 5)'],
  ])('refuses opset "%s" %i', async (domain, version, message, remedy) => {
    const error = await errorOf(() => checkVersions(withVersions(8, opset(domain, version), node('Relu'))));
    expect(error.code).toBe('MODEL_OPSET_UNSUPPORTED');
    expect(error.message).toContain(message);
    expect(error.remedy).toContain(remedy);
  });
});

describe('oldOpsets', () => {
  it('names opsets in use that are older than promised; they are not refused', () => {
    const old = withVersions(3, opset('', 6), node('Relu'));
    expect(() => checkVersions(old)).not.toThrow();
    expect(oldOpsets(old)).toEqual([{ domain: 'ai.onnx', version: 6 }]);
  });

  it('lets an old opset be of which no operator is used', () => {
    const opsets = bytes(opset('', 1), opset('ai.onnx.ml', 1));
    expect(oldOpsets(withVersions(3, opsets, node('Scaler', str(7, 'ai.onnx.ml'))))).toEqual([]);
  });

  it('knows nothing of other domains', () => {
    expect(oldOpsets(withVersions(8, bytes(opset('', 17), opset('my.ops', 0)), node('Relu')))).toEqual([]);
  });
});

describe('needsLocale', () => {
  const normalizer = (...parts: Uint8Array[]) =>
    readModelBytes(model(graph(node('StringNormalizer', ...parts))), 'm.onnx');

  it('is true for a text model, and names the locale', async () => {
    const text = await readModel(fixturePath('sklearn/text_sentiment_en/model.onnx'));
    expect(needsLocale(text)).toBe(true);
    expect(text.locales).toEqual(['en_US']);
  });

  it('is false for other models', async () => {
    expect(needsLocale(await readModel(fixturePath('sklearn/iris_logreg/model.onnx')))).toBe(false);
    expect(needsLocale(await readModel(fixturePath('traits/string_io/model.onnx')))).toBe(false);
  });

  it('goes by the attribute where there is one', () => {
    expect(needsLocale(normalizer())).toBe(true);
    expect(needsLocale(normalizer(attribute('locale', str(4, 'C'))))).toBe(false);
    expect(normalizer(attribute('locale', str(4, 'de_DE'))).locales).toEqual(['de_DE']);
  });
});
