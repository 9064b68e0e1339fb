import type { Tensor } from '../core/tensor.ts';
import type { Manifest } from '../manifest/manifest.ts';
import type { Batcher } from '../runtime/batcher.ts';
import type { Gauge } from '../runtime/gauge.ts';
import type { ResponseCache } from '../runtime/response-cache.ts';
import type { Session } from '../runtime/session.ts';
import type { WaitingRoom } from '../runtime/waiting-room.ts';
import type { ModelFacts } from './catalogue.ts';

/** One version that answers: everything decidable at load time has been decided. */
export interface LoadedVersion {
  readonly facts: ModelFacts;
  readonly manifest: Manifest;
  /** Steps before the model; null when there are none, so that nothing is awaited for nothing. */
  readonly prepare: ((tensors: readonly Tensor[]) => readonly Tensor[] | Promise<readonly Tensor[]>) | null;
  readonly gauge: Gauge;
  readonly room: WaitingRoom;
  /** Takes the place of `room` when requests run together; absent when each runs alone. */
  readonly batcher?: Batcher;
  /** Answers that were given before; absent unless the manifest asks for it. */
  readonly cache?: ResponseCache;
  readonly session: Session;
  /** Names of the graph's outputs that are asked of the engine, in order. */
  readonly graphOutputs: readonly string[];
  /** Names of what clients get: the graph's outputs, or what `finish` makes of them. */
  readonly outputNames: readonly string[];
  /** Steps after the model; null when there are none. */
  readonly finish: ((tensors: readonly Tensor[]) => readonly Tensor[] | Promise<readonly Tensor[]>) | null;
  /** Replies tell the times of their parts; absent: they do not. */
  readonly tellsTiming?: true;
  /** Placement and measured run time, for people. */
  readonly engine: string;
}
