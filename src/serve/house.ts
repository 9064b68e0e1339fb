import type { Logger } from '../observability/log.ts';
import type { Metrics } from '../observability/metrics.ts';
import type { Repository } from '../repository/repository.ts';
import type { Changes } from './changes.ts';
import type { Overall } from './overall.ts';

/** What every room of the road shares. */
export interface House {
  readonly repository: Repository;
  /** What this process counts. */
  readonly metrics: Metrics;
  readonly log: Logger;
  /** Time a request may take in all, milliseconds. */
  readonly timeoutMs: number;
  readonly maxBodyBytes: number;
  /** Absent: clients may not change what is served. */
  readonly changes?: Changes;
  /** `ready`: requests are answered. `draining`: too, but no new ones should be sent. */
  state: 'starting' | 'ready' | 'draining';
  /** The figures of the whole server. */
  overall(): Promise<Overall>;
  /** What `/readyz` says. `broken`: an engine has died and does not come back. */
  status(): 'starting' | 'ready' | 'draining' | 'broken';
}
