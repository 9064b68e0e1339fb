import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseServeFlags } from '../../src/serve/flags.ts';
import { isMultiModel, onSageMaker, platformAddress } from '../../src/serve/platform.ts';
import { startOf } from '../../src/serve/start.ts';
import { folderWith } from '../repository/folders.ts';

describe('where a platform says to listen', () => {
  it.each([
    ['nothing', {}, undefined, '8501'],
    ['PORT alone: a laptop may have it', { PORT: '9000' }, undefined, '9000'],
    ['Cloud Run and Knative', { PORT: '8080', K_SERVICE: 'iris' }, '0.0.0.0', '8080'],
    ['Vertex AI', { AIP_HTTP_PORT: '8080', AIP_MODE: 'PREDICTION' }, '0.0.0.0', '8080'],
    ['SageMaker', { SAGEMAKER_BIND_TO_PORT: '1111' }, '0.0.0.0', '1111'],
    ['several: the first wins', { PORT: '1', AIP_HTTP_PORT: '2' }, '0.0.0.0', '2'],
    ['empty is unset', { PORT: '', AIP_HTTP_PORT: '', K_SERVICE: '' }, undefined, '8501'],
  ])('%s', (_, environment, host, port) => {
    expect(platformAddress(environment)).toMatchObject({ host, port });
  });

  it('an image that SageMaker starts takes 8080, or the port it names', () => {
    expect(platformAddress(onSageMaker({ PORT: '9' }))).toMatchObject({ host: '0.0.0.0', port: '8080' });
    expect(platformAddress(onSageMaker({ SAGEMAKER_BIND_TO_PORT: '2222' }))).toMatchObject({ port: '2222' });
  });
});

describe('a multi-model endpoint of SageMaker', () => {
  it.each([
    [undefined, false],
    ['', false],
    ['false', false],
    ['true', true],
    ['True', true],
  ])('SAGEMAKER_MULTI_MODEL=%s: %s', (value, expected) => {
    expect(isMultiModel(value === undefined ? {} : { SAGEMAKER_MULTI_MODEL: value })).toBe(expected);
  });

  it('may load what SageMaker has put where it puts models, and what was served at the start', async () => {
    const root = await folderWith({ 'iris.onnx': null });
    const changesOf = async (environment: object, values = {}) => {
      const target = join(root, 'iris.onnx');
      const { options } = await startOf({ values, target, fallback: '.', environment: { ...environment } });
      return options.changes?.roots;
    };
    const file = join(root, 'iris.onnx');
    expect(await changesOf({ SAGEMAKER_MULTI_MODEL: 'true' })).toEqual([file, '/opt/ml/models']);
    expect(await changesOf({}, { 'allow-repository-changes': true })).toEqual([file]);
    expect(await changesOf({})).toBeUndefined();
  });
});

describe('flags and environment', () => {
  const environment = { PORT: '9000', K_SERVICE: 'iris' };

  it('the environment counts where no flag was given', () => {
    expect(parseServeFlags({}, environment)).toMatchObject({ host: '0.0.0.0', port: 9000 });
    expect(parseServeFlags({ host: '::1' }, environment)).toMatchObject({ host: '::1', port: 9000 });
    expect(parseServeFlags({ port: '1' }, environment)).toMatchObject({ host: '0.0.0.0', port: 1 });
    expect(parseServeFlags({ port: '1' }, { PORT: 'nonsense' }).port).toBe(1);
  });

  it('a variable that is no port is named', () => {
    expect(() => parseServeFlags({}, { AIP_HTTP_PORT: 'http' })).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: 'AIP_HTTP_PORT takes a whole number from 0 to 65535, not "http".',
      }),
    );
  });
});
