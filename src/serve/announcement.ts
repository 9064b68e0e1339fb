import type { Logger } from '../observability/log.ts';
import type { RunningServer } from './serve.ts';

/** What a server says when it is ready. */
export interface Announcement {
  /** Empty when there is no REST door. */
  readonly url: string;
  /** `host:port` of the gRPC door; undefined when it is not open. */
  readonly grpc: string | undefined;
  /** Placement of the first model's engine and why. */
  readonly engine: string;
  readonly models: readonly { readonly name: string; readonly version: string }[];
}

/** Called once, when `/readyz` answers 200. */
export type OnReady = (announcement: Announcement, log: Logger) => void;

export function announcementOf({ url, grpc, engine, house }: RunningServer): Announcement {
  return {
    url,
    grpc,
    engine,
    models: house.repository.list().map(({ name, version }) => ({ name, version })),
  };
}
