import type { RuntimeOptions } from '../manifest/manifest.ts';

/** What a session is made from; plain data, so that it can cross to a worker thread or child process. */
export interface GraphSource {
  /** Served name, for errors. */
  readonly name: string;
  readonly path: string;
  /** The graph after a rewrite (ZipMap removed); absent: load `path`. Only graphs without external data are rewritten. */
  readonly bytes?: Uint8Array;
  readonly intraOpThreads: RuntimeOptions['intra_op_threads'];
  /** Cores that `auto` stands for; default: all. */
  readonly cores?: number;
  /** A folder of compiled glibc locales that the graph's text operators may need, without a colon in it. */
  readonly localePath?: string;
}
