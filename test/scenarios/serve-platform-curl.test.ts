import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { fixturePath } from '../fixtures.ts';
import { modelFolder, Server } from './server.ts';

const curl = async (...args: string[]) => (await promisify(execFile)('curl', ['-s', ...args])).stdout;

// The calls of TorchServe's and SageMaker's own documentation, with the protocols that are on by default.
it('answers the documented calls of TorchServe and SageMaker', async () => {
  const server = new Server([fixturePath('sklearn/iris_logreg/model.onnx'), '--port', '0', '--name', 'iris']);
  const url = await server.ready();
  const folder = await modelFolder('sklearn/iris_logreg');
  const file = `${folder}/row.json`;
  await promisify(execFile)('sh', ['-c', `echo '[5.1, 3.5, 1.4, 0.2]' > ${file}`]);
  const prediction = { label: 0, probabilities: expect.any(Array) };
  for (const how of [
    ['-T', file],
    ['-F', `data=@${file}`],
    ['--data-binary', `@${file}`],
    ['-d', 'data=[5.1,3.5,1.4,0.2]'],
  ])
    for (const path of ['iris', 'iris/1.0'])
      expect(JSON.parse(await curl(...how, `${url}/predictions/${path}`)), how.join(' ')).toMatchObject(
        prediction,
      );
  expect(JSON.parse(await curl(`${url}/ping`))).toEqual({ status: 'Healthy' });
  expect(JSON.parse(await curl(`${url}/models/iris`))).toMatchObject([
    { modelName: 'iris', modelVersion: '1' },
  ]);
  const csv = ['-H', 'content-type: text/csv', '-d', '5.1,3.5,1.4,0.2', `${url}/invocations`];
  expect(JSON.parse(await curl(...csv))).toMatchObject({ predictions: [prediction] });
  expect(await curl('-H', 'accept: text/csv', ...csv)).toMatch(/^0,0\.98\d+,/);
  expect(await curl('-o', '/dev/null', '-w', '%{http_code}', '-X', 'PUT', '-d', 'x', `${url}/predict`)).toBe(
    '405',
  );
  expect(await server.stop()).toEqual({ code: 0, signal: null });
});
