import type { OpenedModel } from '../repository/opened-model.ts';
import { isInside } from '../runtime/inside.ts';
import { type RunningServer, type ServeOptions, serve } from './serve.ts';

/**
 * Serves until SIGTERM or SIGINT, then drains.
 * @param onReady called once, when `/readyz` answers 200
 * @returns exit code 0; a drain that was cut short ends the process instead, with 1
 * @throws MdeployError as `serve` does
 */
export async function runUntilSignal(
  models: readonly OpenedModel[],
  options: ServeOptions,
  onReady: (server: RunningServer) => void,
): Promise<number> {
  const signal = nextSignal();
  const server = await serve(models, options);
  onReady(server);
  await signal;
  // The second signal means now.
  void nextSignal().then(endAtOnce);
  if (!(await server.stop())) endAtOnce();
  return 0;
}

function nextSignal(): Promise<void> {
  return new Promise((resolve) => {
    const arrived = () => {
      process.off('SIGTERM', arrived);
      process.off('SIGINT', arrived);
      resolve();
    };
    process.on('SIGTERM', arrived);
    process.on('SIGINT', arrived);
  });
}

// Clients and threads that are left would keep the process. While one is inside the runtime, process.exit() aborts with
// a core dump; SIGKILL just ends it.
function endAtOnce(): void {
  if (isInside()) process.kill(process.pid, 'SIGKILL');
  else process.exit(1);
}
