import type { PackedError } from '../../core/errors/wire.ts';
import type { Snapshot } from '../../observability/snapshot.ts';
import type { Plan } from '../../repository/plan.ts';
import type { Announcement } from '../announcement.ts';
import type { DoorName } from '../doors/gate.ts';
import type { CommandLine } from '../starting.ts';
import type { Change } from './change.ts';

/** What a process of the server is started with. */
export interface Beginning {
  /** From 1. */
  readonly number: number;
  /** Processes in all. */
  readonly count: number;
  readonly line: CommandLine;
  /** What is served: a process that is started later must not find other versions. */
  readonly plan: Plan;
  /** The models need not be tried in a throw-away process: they were. */
  readonly isProven: boolean;
  /** Ports that the supervisor listens on; absent: that door is not open. */
  readonly ports: Readonly<Partial<Record<DoorName, number>>>;
  /** Made since the server started. */
  readonly changes: readonly Change[];
}

/** From the supervisor. A connection comes with its socket. */
export type ToProcess =
  | { readonly kind: 'begin'; readonly beginning: Beginning }
  | { readonly kind: 'connection'; readonly door: DoorName }
  | { readonly kind: 'question'; readonly id: number; readonly question: Question }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answer }
  | { readonly kind: 'drain' };

/** To the supervisor. */
export type FromProcess =
  /** Its doors take connections; the models are still being loaded. */
  | { readonly kind: 'open' }
  | { readonly kind: 'ready'; readonly announcement: Announcement }
  /** It cannot start. */
  | { readonly kind: 'failed'; readonly error: PackedError }
  /** Connections it was given since its start, and those that are open now. */
  | { readonly kind: 'connections'; readonly taken: number; readonly open: number }
  | { readonly kind: 'question'; readonly id: number; readonly question: Question }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: Answer }
  /** An engine has died and does not come back. */
  | { readonly kind: 'broken' }
  /** It takes no more connections. */
  | { readonly kind: 'closing' };

export type Question =
  /** To a process: what it has counted. To the supervisor: what all have. */
  | { readonly kind: 'snapshot' }
  /** To the supervisor: the right to change what is served, which one process has at a time. */
  | { readonly kind: 'turn' }
  /** To the supervisor: a change was made, or none; others may have their turn when all have made it. */
  | { readonly kind: 'changed'; readonly change: Change | undefined }
  /** To a process: another has made this change. */
  | { readonly kind: 'change'; readonly change: Change };

export type Answer =
  | { readonly ok: true; readonly value: readonly Snapshot[] | undefined }
  | { readonly ok: false; readonly error: PackedError };
