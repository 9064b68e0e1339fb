import { describe, expect, test } from 'vitest';
import { DescribedFile } from '../../src/serve/described-file.ts';
import { descriptors } from '../../src/serve/proto/descriptors.gen.ts';
import { oracle } from './protobuf/oracle.ts';

const files = Object.entries(descriptors).map(([name, text]) => new DescribedFile(name, text));
const v2 = files.find(({ name }) => name === 'open-inference.proto')!;

describe('a described file', () => {
  test('knows messages, nested ones, enumerations, services and methods', () => {
    for (const symbol of [
      'inference.GRPCInferenceService',
      'inference.GRPCInferenceService.ModelInfer',
      'inference.ModelInferRequest',
      'inference.ModelInferRequest.InferInputTensor',
    ])
      expect(v2.defines(symbol)).toBe(true);
    const status = files.find((file) => file.defines('grpc.health.v1.HealthCheckResponse.ServingStatus'));
    expect(status?.name).toBe('health.proto');
    expect(files.some((file) => file.defines('tensorflow.DataType'))).toBe(true);
  });

  test.each([
    '',
    'inference',
    'GRPCInferenceService',
    'inference.ModelInferRequest.',
    '.inference.ModelInferRequest',
  ])('does not know %j', (symbol) => {
    expect(v2.defines(symbol)).toBe(false);
  });

  test('every import is there', () => {
    const names = files.map(({ name }) => name);
    for (const { imports } of files) expect(names).toEqual(expect.arrayContaining([...imports]));
  });

  test('every service that the .proto files have is in one of them', () => {
    for (const service of [
      'inference.GRPCInferenceService',
      'tensorflow.serving.PredictionService',
      'tensorflow.serving.ModelService',
      'grpc.health.v1.Health',
      'grpc.reflection.v1.ServerReflection',
      'grpc.reflection.v1alpha.ServerReflection',
    ]) {
      const methods = Object.keys(oracle.lookupService(service).methods);
      expect(methods.length).toBeGreaterThan(0);
      for (const method of methods)
        expect(files.filter((file) => file.defines(`${service}.${method}`))).toHaveLength(1);
    }
  });
});
