import { expect, test } from 'vitest';
import * as mdeploy from '../src/index.ts';

test('the library is this and no more', () => {
  expect(Object.keys(mdeploy).sort()).toEqual([
    'MdeployError',
    'inspect',
    'openModel',
    'packageModel',
    'serve',
    'server',
    'validate',
    'version',
  ]);
});

test('its errors are the catalogue’s, and can be told by instanceof', async () => {
  const refused = await mdeploy.openModel('/nowhere/model.onnx').catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(mdeploy.MdeployError);
  expect(refused).toMatchObject({ exit: expect.any(Number), remedy: expect.stringMatching(/\w/) });
});
