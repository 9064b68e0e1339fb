import type { MetricObjectWithValues, MetricValue } from 'prom-client';
import type { HistogramState } from './histogram.ts';
import type { Phase } from './phases.ts';
import type { TotalsState } from './totals.ts';

/** What one process of a server has counted; can be sent to another process. */
export interface Counts {
  readonly meters: readonly MetersState[];
  readonly rejected: ReadonlyMap<string, number>;
  readonly totals: readonly {
    readonly model: string;
    readonly version: string;
    readonly totals: TotalsState;
  }[];
  readonly logFailures: number;
}

/** What one process of a server has counted, and its state at this moment. */
export interface Snapshot extends Counts {
  readonly models: readonly ModelGauges[];
  /** Node's and the operating system's figures of the process, as prom-client gives them. */
  readonly process: readonly MetricObjectWithValues<MetricValue<string>>[];
}

export interface MetersState {
  readonly model: string;
  readonly api: string;
  readonly duration: HistogramState;
  readonly phases: Readonly<Record<Phase, HistogramState>>;
  readonly codes: ReadonlyMap<number, number>;
}

/** The state of a loaded version at this moment. */
export interface ModelGauges {
  readonly model: string;
  readonly version: string;
  /** Placement and why. */
  readonly engine: string;
  readonly waiting: number;
  readonly running: number;
  /** What the response cache holds; absent: there is none. */
  readonly cacheBytes?: number;
}
