import { packError } from '../../core/errors/wire.ts';
import { currentRole } from '../../core/roles.ts';
import { announcementOf } from '../announcement.ts';
import type { Changes } from '../changes.ts';
import { runUntil } from '../run.ts';
import type { RunningServer } from '../serve.ts';
import { startOf } from '../start.ts';
import { catchUp, makeChange } from './change.ts';
import { HandedGates } from './handed.ts';
import { shareChanges } from './shared-changes.ts';
import { SupervisorLink } from './supervisor-link.ts';

/** How often a broken engine is looked for, milliseconds. */
const lookMs = 500;

/** Entry of the role `server-process`: one of the processes of a server, with the road and the engines in it. */
export async function serverProcessMain(): Promise<void> {
  const drain = Promise.withResolvers<void>();
  // The supervisor has the signals, which a terminal sends to both.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => undefined);
  let gates: HandedGates | undefined;
  let server: RunningServer | undefined;
  let changes: Changes | undefined;
  const link = new SupervisorLink({
    connected: (door, socket) => gates?.take(door, socket),
    asked: async (question) => {
      if (question.kind === 'snapshot') return server && [await server.snapshot()];
      if (question.kind === 'change' && changes) await makeChange(changes, question.change);
      return undefined;
    },
    drain: drain.resolve,
  });
  const beginning = await link.beginning;
  gates = new HandedGates(beginning.ports, (message) => link.tell(message));
  const others = {
    number: beginning.number,
    count: beginning.count,
    snapshots: async () => (await link.ask({ kind: 'snapshot' })) ?? [],
    share: (local: Changes) => {
      changes = local;
      return shareChanges(local, (question) => link.ask(question));
    },
  };
  try {
    const { models, options } = await startOf(beginning.line, beginning.plan);
    const { isProven } = beginning;
    const own = { isProven, others, openGate: gates.open, opened: () => link.tell({ kind: 'open' }) };
    process.exitCode = await runUntil(drain.promise, models, { ...options, ...own }, async (running) => {
      if (changes) await catchUp(changes, beginning.changes);
      server = running;
      link.tell({ kind: 'ready', announcement: announcementOf(running) });
      lookAfter(running, link);
    });
  } catch (error) {
    link.tell({ kind: 'failed', error: packError(error) });
    process.exitCode = 1;
  } finally {
    process.disconnect?.();
  }
}

function lookAfter({ house }: RunningServer, link: SupervisorLink): void {
  const timer = setInterval(() => {
    if (house.status() !== 'broken') return;
    clearInterval(timer);
    link.tell({ kind: 'broken' });
  }, lookMs).unref();
}

if (currentRole() === 'server-process') await serverProcessMain();
