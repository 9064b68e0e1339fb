import type { ServerFigures } from './metrics.ts';
import type { Latency } from './tally.ts';

/** The document of `bench --json`, and what `--baseline` reads. */
export interface BenchReport {
  readonly kind: 'bench';
  readonly mdeploy: string;
  /** When it was made, ISO 8601. */
  readonly date: string;
  readonly machine: Machine;
  readonly target: string;
  /** Placement of the engine and why; null for a server that was running already. */
  readonly engine: string | null;
  readonly protocol: string;
  readonly request_bytes: number;
  readonly answer_bytes: number;
  /** What the answers were compared with. */
  readonly checked_against: 'sample' | 'first answer';
  readonly runs: readonly Run[];
  /** Of `--cold-start`; null when load was made. */
  readonly cold_start: ColdStart | null;
}

/** How long a server takes from the start of its process. */
export interface ColdStart {
  readonly starts: number;
  readonly ready_ms: Spread;
  /** Until the first answer was there, and right. */
  readonly first_answer_ms: Spread;
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  readonly platform: string;
}

/** One window of load. */
export interface Run {
  readonly mode: 'closed' | 'open';
  readonly connections: number;
  /** Calls at a time on each connection; absent: one. */
  readonly streams?: number;
  /** Requests a second that were due; null in a closed loop. */
  readonly rate: number | null;
  readonly seconds: number;
  /** Answers with status 200. */
  readonly answered: number;
  /** How many others there were, by status or by what went wrong. */
  readonly errors: Readonly<Record<string, number>>;
  readonly requests_per_second: number;
  /** In an open loop from when each request was due (corrected for coordinated omission). */
  readonly latency_ms: Latency;
  /** From when each request was sent. */
  readonly service_ms: Latency;
  /** Percent and milliseconds. */
  readonly curve: readonly (readonly [number, number])[];
  /** What was wrong with the first or the last answer; null when nothing was. */
  readonly wrong_answer: string | null;
  /** What the server says of itself; null when it says nothing. */
  readonly server: ServerFigures | null;
}

/** The load of a run. */
export type RunLoad = Pick<Run, 'mode' | 'connections' | 'rate'> & { readonly streams?: number | undefined };

/** How a run is called in a table, and found again in a baseline. */
export function runName({ mode, connections, streams, rate }: RunLoad): string {
  const each = streams === undefined ? '' : ` × ${streams} streams`;
  const lines = `${connections} connection${connections === 1 ? '' : 's'}${each}`;
  return mode === 'closed' ? lines : `${rate}/s, ${lines}`;
}

/** Whether every answer of a run came, and the ones that were compared were right. */
export function isSound({ answered, errors, wrong_answer: wrong }: Run): boolean {
  return answered > 0 && Object.keys(errors).length === 0 && wrong === null;
}
