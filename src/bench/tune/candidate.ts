import type { Manifest } from '../../manifest/manifest.ts';

/** Settings that are tried. */
export interface Candidate {
  /** Value of `serve --processes`. */
  readonly processes: number;
  readonly threads: number | 'auto';
  /** Absent: each request runs alone. */
  readonly batching?: { readonly max_batch_size: number; readonly max_queue_delay_ms: number };
}

const batchings: readonly Candidate['batching'][] = [
  undefined,
  { max_batch_size: 8, max_queue_delay_ms: 0 },
  { max_batch_size: 32, max_queue_delay_ms: 0 },
  { max_batch_size: 32, max_queue_delay_ms: 2 },
];

/** What a manifest says now, in one process. */
export function presentSettings({ serving, runtime }: Pick<Manifest, 'serving' | 'runtime'>): Candidate {
  const { batching } = serving;
  return { processes: 1, threads: runtime.intra_op_threads, ...(batching && { batching }) };
}

/** Everything that is tried on so many cores, the present settings first. Threads never outnumber the cores. */
export function candidatesFor(cores: number, present: Candidate): readonly Candidate[] {
  const all = halvings(cores).flatMap((processes) =>
    threadsFor(Math.floor(cores / processes)).flatMap((threads) =>
      batchings.map((batching) => ({ processes, threads, ...(batching && { batching }) })),
    ),
  );
  const known = showCandidate(present);
  return [present, ...all.filter((candidate) => showCandidate(candidate) !== known)];
}

/** `2 processes, 1 thread, batches of 32 after 2 ms`. */
export function showCandidate({ processes, threads, batching }: Candidate): string {
  const inParallel = processes === 1 ? '1 process' : `${processes} processes`;
  const each = threads === 'auto' ? 'threads auto' : `${threads} thread${threads === 1 ? '' : 's'}`;
  if (!batching) return `${inParallel}, ${each}, no batches`;
  const { max_batch_size: rows, max_queue_delay_ms: delay } = batching;
  return `${inParallel}, ${each}, batches of ${rows}${delay > 0 ? ` after ${delay} ms` : ''}`;
}

/** How much there is to run and to understand; of settings that are as good, the least of it is chosen. */
export function effort({ processes, batching }: Candidate): number {
  return processes * 10 + (batching ? 1 : 0) + (batching && batching.max_queue_delay_ms > 0 ? 1 : 0);
}

// All of a process's share of the cores is what `auto` means.
function threadsFor(share: number): Candidate['threads'][] {
  return ['auto', ...halvings(share).slice(1)];
}

/** The number, its half and so on: 6, 3, 1. */
function halvings(count: number): number[] {
  const list: number[] = [];
  for (let left = Math.max(1, count); left >= 1; left = Math.floor(left / 2)) list.push(left);
  return list;
}
