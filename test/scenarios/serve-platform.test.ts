import { describe, expect, it } from 'vitest';
import { fixturePath } from '../fixtures.ts';
import { Server } from './server.ts';

const iris = fixturePath('sklearn/iris_logreg/model.onnx');

describe('a platform says where to listen', () => {
  it('Cloud Run and Knative: PORT, on all interfaces', async () => {
    const server = new Server([iris], { env: { PORT: '0', K_SERVICE: 'iris' } });
    expect(await server.ready()).toMatch(/^http:\/\/0\.0\.0\.0:\d+$/);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });

  it('by the command line tool, too; a flag wins', async () => {
    const env = { PORT: 'nonsense' };
    const server = new Server(['serve', iris, '--port', '0'], { entry: 'src/cli/main.ts', env });
    expect(await server.ready()).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    await server.stop();
    const refused = new Server(['serve', iris], { entry: 'src/cli/main.ts', env });
    expect(await refused.ended).toMatchObject({ code: 2 });
    expect(refused.stderr).toContain('PORT takes a whole number from 0 to 65535, not "nonsense".');
  });

  it('SageMaker: the argument `serve` is its way to start an image', async () => {
    const server = new Server(['serve', iris], { env: { SAGEMAKER_BIND_TO_PORT: '0' } });
    const url = (await server.ready()).replace('0.0.0.0', '127.0.0.1');
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await server.stop()).toEqual({ code: 0, signal: null });
  });
});
