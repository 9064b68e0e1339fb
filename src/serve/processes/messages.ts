import type { PackedError } from '../../core/errors/wire.ts';
import type { Snapshot } from '../../observability/snapshot.ts';
import type { Announcement } from '../announcement.ts';
import type { DoorName } from '../doors/gate.ts';
import type { CommandLine } from '../start.ts';

/** What a process of the server is started with. */
export interface Beginning {
  /** From 1. */
  readonly number: number;
  /** Processes in all. */
  readonly count: number;
  readonly line: CommandLine;
  /** The models need not be tried in a throw-away process: they were. */
  readonly isProven: boolean;
  /** Ports that the supervisor listens on; absent: that door is not open. */
  readonly ports: Readonly<Partial<Record<DoorName, number>>>;
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

/** To a process: what it has counted; to the supervisor: what all have. */
export interface Question {
  readonly kind: 'snapshot';
}

export type Answer =
  | { readonly ok: true; readonly value: readonly Snapshot[] | undefined }
  | { readonly ok: false; readonly error: PackedError };
