import { packError } from '../../core/errors/wire.ts';
import { currentRole } from '../../core/roles.ts';
import type { Snapshot } from '../../observability/snapshot.ts';
import { announcementOf } from '../announcement.ts';
import { runUntil } from '../run.ts';
import { startOf } from '../start.ts';
import { HandedGates } from './handed.ts';
import { SupervisorLink } from './supervisor-link.ts';

/** How often a broken engine is looked for, milliseconds. */
const lookMs = 500;

/** Entry of the role `server-process`: one of the processes of a server, with the road and the engines in it. */
export async function serverProcessMain(): Promise<void> {
  const drain = Promise.withResolvers<void>();
  // The supervisor has the signals, which a terminal sends to both.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => undefined);
  let gates: HandedGates | undefined;
  let snapshot: (() => Promise<readonly Snapshot[]>) | undefined;
  const link = new SupervisorLink({
    connected: (door, socket) => gates?.take(door, socket),
    asked: async () => snapshot?.(),
    drain: drain.resolve,
  });
  const { number, count, line, isProven, ports } = await link.beginning;
  gates = new HandedGates(ports, (message) => link.tell(message));
  try {
    const { models, options } = await startOf(line);
    const others = { number, count, snapshots: async () => (await link.ask({ kind: 'snapshot' })) ?? [] };
    process.exitCode = await runUntil(
      drain.promise,
      models,
      { ...options, isProven, others, openGate: gates.open, opened: () => link.tell({ kind: 'open' }) },
      (server) => {
        snapshot = async () => [await server.snapshot()];
        const timer = setInterval(() => {
          if (server.house.status() !== 'broken') return;
          clearInterval(timer);
          link.tell({ kind: 'broken' });
        }, lookMs).unref();
        link.tell({ kind: 'ready', announcement: announcementOf(server) });
      },
    );
  } catch (error) {
    link.tell({ kind: 'failed', error: packError(error) });
    process.exitCode = 1;
  } finally {
    process.disconnect?.();
  }
}

if (currentRole() === 'server-process') await serverProcessMain();
