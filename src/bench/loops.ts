import type { Client } from './client.ts';
import { Tally } from './tally.ts';

/** How load is made for one window. `rate`: requests are due at fixed times; absent: each waits for the one before. */
export interface Shape {
  readonly connections: number;
  /** Calls at a time on each; absent: one. */
  readonly streams?: number;
  /** Requests a second. */
  readonly rate?: number;
}

export interface Loaded {
  readonly tally: Tally;
  /** From the start to the last answer. */
  readonly seconds: number;
}

/** Loads for `durationMs` and waits for the answers still under way: a slow one is not left out. */
export async function load(
  client: Client,
  shape: Shape,
  durationMs: number,
  timeoutMs: number,
): Promise<Loaded> {
  const tally = new Tally();
  const begun = performance.now();
  const { rate } = shape;
  const calls = shape.connections * (shape.streams ?? 1);
  if (rate === undefined) await closedLoop(client, calls, begun + durationMs, tally);
  else await openLoop(client, { calls, rate }, { begun, durationMs, timeoutMs }, tally);
  return { tally, seconds: (Math.max(tally.endedAt, begun + durationMs) - begun) / 1000 };
}

async function closedLoop(client: Client, calls: number, end: number, tally: Tally): Promise<void> {
  const worker = async () => {
    for (let sent = performance.now(); sent < end; sent = performance.now()) {
      const outcome = await client.send();
      tally.add(outcome, sent, sent, performance.now());
      // A refused connection comes back at once; a loop on it would never let the event loop turn.
      if (typeof outcome.status === 'string') await pause(1);
    }
  };
  await Promise.all(Array.from({ length: calls }, worker));
}

interface Times {
  readonly begun: number;
  readonly durationMs: number;
  readonly timeoutMs: number;
}

/** Request k is due k/rate seconds after the start, whatever became of those before. */
async function openLoop(
  client: Client,
  { calls, rate }: { readonly calls: number; readonly rate: number },
  { begun, durationMs, timeoutMs }: Times,
  tally: Tally,
): Promise<void> {
  const gap = 1000 / rate;
  const count = Math.max(1, Math.floor(durationMs / gap));
  let next = 0;
  // Each connection takes the next request that is due; with all of them busy, requests wait and their wait counts.
  const worker = async () => {
    for (let index = next++; index < count; index = next++) {
      const due = begun + index * gap;
      await until(due);
      const sent = performance.now();
      const isHopeless = sent - due > timeoutMs;
      const outcome = isHopeless ? expired : await client.send();
      tally.add(outcome, due, sent, performance.now());
    }
  };
  await Promise.all(Array.from({ length: calls }, worker));
}

const expired = { status: 'timeout', headers: {}, body: Buffer.alloc(0) };

// Timers are a millisecond late or so, which is as much as a small model takes: the rest is polled.
async function until(due: number): Promise<void> {
  for (let left = due - performance.now(); left > 0; left = due - performance.now()) {
    if (left > 2) await pause(Math.floor(left) - 1);
    else await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
