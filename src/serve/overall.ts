import { Metrics } from '../observability/metrics.ts';
import type { ModelGauges, Snapshot } from '../observability/snapshot.ts';

/** The figures of the whole server, however many processes it has. */
export interface Overall {
  readonly metrics: Metrics;
  readonly models: readonly ModelGauges[];
  /** Of each process; undefined: there is but this one. */
  readonly processes?: readonly Snapshot['process'][];
}

/** Adds up what the processes of one server say. */
export function addUp(snapshots: readonly Snapshot[]): Overall {
  const metrics = new Metrics();
  const models = new Map<string, ModelGauges>();
  for (const snapshot of snapshots) {
    metrics.add(snapshot);
    for (const gauges of snapshot.models) {
      const key = `${gauges.model} ${gauges.version}`;
      const { waiting, running, cacheBytes = 0 } = models.get(key) ?? { waiting: 0, running: 0 };
      models.set(key, {
        ...gauges,
        waiting: waiting + gauges.waiting,
        running: running + gauges.running,
        ...(gauges.cacheBytes !== undefined && { cacheBytes: cacheBytes + gauges.cacheBytes }),
      });
    }
  }
  return { metrics, models: [...models.values()], processes: snapshots.map(({ process }) => process) };
}
