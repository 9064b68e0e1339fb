import type { OpenedModel } from '../repository/opened-model.ts';
import { isInside } from '../runtime/inside.ts';
import { announcementOf, type OnReady } from './announcement.ts';
import { type RunningServer, type ServeOptions, serve } from './serve.ts';
import { nextSignal } from './signals.ts';
import type { CommandLine, Start } from './starting.ts';

/**
 * Serves until SIGTERM or SIGINT, then drains; with several processes where they are asked for.
 * @param line what `start` was made of; further processes start from it
 * @returns exit code 0; a drain that was cut short ends with 1
 * @throws MdeployError as `serve` does
 */
export async function run(
  start: Start,
  line: CommandLine,
  isProven: boolean,
  ready: OnReady,
): Promise<number> {
  if (start.processes.count > 1) {
    const { supervise } = await import('./processes/supervise.ts');
    return supervise({ start, line, isProven }, ready);
  }
  const signal = nextSignal();
  return runUntil(signal, start.models, { ...start.options, isProven }, (server) => {
    // The second signal means now.
    void signal.then(nextSignal).then(endAtOnce);
    ready(announcementOf(server), server.house.log);
  });
}

/**
 * Serves until told to end, then drains.
 * @returns exit code 0; a drain that was cut short ends the process instead, with 1
 * @throws MdeployError as `serve` does
 */
export async function runUntil(
  end: Promise<void>,
  models: readonly OpenedModel[],
  options: ServeOptions,
  onReady: (server: RunningServer) => void | Promise<void>,
): Promise<number> {
  const server = await serve(models, options);
  try {
    await onReady(server);
  } catch (error) {
    await server.stop();
    throw error;
  }
  await end;
  if (!(await server.stop())) endAtOnce();
  return 0;
}

// Clients and threads that are left would keep the process. While one is inside the runtime, process.exit() aborts with
// a core dump; SIGKILL just ends it.
function endAtOnce(): void {
  if (isInside()) process.kill(process.pid, 'SIGKILL');
  else process.exit(1);
}
