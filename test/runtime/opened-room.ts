import { afterEach, beforeEach, expect, vi } from 'vitest';
import { type Ticket, WaitingRoom, type WaitingRoomLimits } from '../../src/runtime/waiting-room.ts';

/** The tests of a file get a clock that they move. A timer left over would keep a process alive and hold on to a request. */
export function clockOfTests(): void {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });
}

/** A room for the model `iris` with one place, under a clock that the test moves. */
export function room(limits: Partial<WaitingRoomLimits> = {}): WaitingRoom {
  return new WaitingRoom({
    model: 'iris',
    concurrency: 1,
    maxSize: 8,
    offLoop: true,
    timeoutMs: 1000,
    ...limits,
  });
}

export function ticket(limitMs = 10_000): Ticket {
  return { deadline: performance.now() + limitMs, limitMs };
}
