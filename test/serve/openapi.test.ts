import { describe, expect, test } from 'vitest';
import { openapiDocument } from '../../src/serve/openapi.ts';
import { protocols } from '../../src/serve/protocols.ts';
import { catalogueOf, modelFacts, rawCall } from './catalogue.ts';

const plain = await protocols.load('plain');
const tfs = await protocols.load('tfs');

interface Document {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<
    string,
    Record<string, { operationId: string; requestBody?: Body; responses: Record<string, object> }>
  >;
  components: { schemas: Record<string, { properties: Record<string, { properties: object }> }> };
}
interface Body {
  content: { 'application/json': { schema: object; example: unknown } };
}

const describeAll = (...models: Parameters<typeof openapiDocument>[1]) =>
  openapiDocument([plain, tfs], models) as Document;

describe('the OpenAPI document', () => {
  const document = describeAll(modelFacts());

  test('names every documented path with the model in it', () => {
    expect(Object.keys(document.paths)).toEqual([
      '/predict',
      '/predict/iris',
      '/v1/models/iris:predict',
      '/v1/models/iris:classify',
      '/healthz',
      '/readyz',
      '/metrics',
    ]);
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'iris', version: '1' } });
  });

  test('has unique operation ids', () => {
    const ids = Object.values(document.paths).flatMap((path) =>
      Object.values(path).map(({ operationId }) => operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('holds the real shapes: fixed axes have their length, free ones any', () => {
    const largest = 3.4028234663852886e38;
    const float = { type: 'number', format: 'float', minimum: -largest, maximum: largest };
    expect(document.components.schemas.iris?.properties.inputs?.properties).toEqual({
      X: {
        type: 'array',
        description: 'axis batch',
        items: { type: 'array', minItems: 4, maxItems: 4, items: float },
        'x-datatype': 'FP32',
      },
    });
  });

  test('documents the errors', () => {
    for (const path of ['/predict', '/v1/models/iris:predict'])
      expect(Object.keys(document.paths[path]!.post!.responses)).toEqual([
        '200',
        '400',
        '404',
        '413',
        '503',
        '504',
      ]);
  });

  test('shows examples that the protocol itself takes', () => {
    const models = [
      modelFacts(),
      modelFacts({
        signature: {
          inputs: [
            { name: 'a', datatype: 'BYTES', shape: ['batch', 2] },
            { name: 'b', datatype: 'BOOL', shape: ['batch', 2] },
          ],
          outputs: [{ name: 'y', datatype: 'FP16', shape: null }],
        },
      }),
    ];
    for (const model of models) {
      for (const protocol of [plain, tfs]) {
        for (const route of protocol.routes) {
          const doc = route.describe?.(model);
          if (route.kind !== 'infer' || !doc) continue;
          const body = JSON.stringify(doc.example);
          const call = rawCall('/', body, { params: { name: 'iris' } });
          expect(route.decode(call, catalogueOf(model)).request.inputs.map(({ name }) => name)).toEqual(
            model.signature.inputs.map(({ name }) => name),
          );
        }
      }
    }
  });

  test('describes paths without a name only when one model is served', () => {
    const two = describeAll(
      modelFacts(),
      modelFacts({ name: 'other', version: '2' }),
      modelFacts({ version: '3' }),
    );
    expect(Object.keys(two.paths)).not.toContain('/predict');
    expect(Object.keys(two.paths)).toContain('/predict/other');
    expect(Object.keys(two.components.schemas)).toEqual(['iris', 'other']);
    expect(describeAll().info.title).toBe('mdeploy');
  });
});

test('the table knows its protocols', () => {
  expect(protocols.names).toEqual([
    'plain',
    'tfs',
    'v2',
    'kserve',
    'torchserve',
    'mlflow',
    'sagemaker',
    'vertex',
  ]);
  expect([plain.name, tfs.name]).toEqual(['plain', 'tfs']);
});
