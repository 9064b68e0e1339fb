import type { Signature, Tensor } from '../core/tensor.ts';
import type { GraphSource } from './graph-source.ts';
import type { RaceOptions } from './race.ts';
import type { OptimisationLevel } from './save-optimised.ts';

/** What the parent sends to the child, once. */
export interface ProbeRequest {
  readonly source: GraphSource;
  /** Process id of the parent: the child ends when it has another one. */
  readonly parent: number;
  /** Absent: the child makes zeros from the signature. */
  readonly inputs?: readonly (readonly Tensor[])[];
  readonly task?: ProbeTask;
}

/** What the child does beside loading and running the model. */
export type ProbeTask =
  | { readonly kind: 'save'; readonly level: OptimisationLevel; readonly to: string }
  /** Times the model and another one side by side, over the first feed. */
  | ({ readonly kind: 'race'; readonly rival: GraphSource } & RaceOptions);

export type ProbeStage = 'starting' | 'loading' | 'running';

/** What one feed came to. */
export type ProbeRun =
  | {
      readonly ok: true;
      readonly ms: number;
      readonly outputs: readonly Tensor[];
      /** Shapes of all outputs, by name, also where the outputs themselves are left out. */
      readonly shapes: Readonly<Record<string, readonly number[]>>;
    }
  | { readonly ok: false; readonly reason: string };

/** What the child sends: the stages as it reaches them, then exactly one answer. */
export type ProbeMessage =
  | { readonly kind: 'stage'; readonly stage: ProbeStage }
  | { readonly kind: 'runtime-missing'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string }
  | ProbeAnswer;

export interface ProbeAnswer {
  readonly kind: 'done';
  readonly signature: Signature;
  readonly loadMs: number;
  readonly runs: readonly ProbeRun[];
  readonly peakRssBytes: number;
  /** Of a race: milliseconds of one run in each round, of the model and of its rival. */
  readonly times?: readonly (readonly number[])[];
}
