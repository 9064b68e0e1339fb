import { describe, expect, test } from 'vitest';
import type { Client, Outcome } from '../../src/bench/client.ts';
import { load } from '../../src/bench/loops.ts';

const ok: Outcome = { status: 200, headers: {}, body: Buffer.from('{}') };

interface Fake extends Client {
  sent: number;
  most: number;
}

/** Answers after what `delay` says of the number of the request; counts how many were under way at once. */
function fake(delay: (index: number) => number, outcome: (index: number) => Outcome = () => ok): Fake {
  let open = 0;
  const client: Fake = {
    sent: 0,
    most: 0,
    send: async () => {
      const index = client.sent++;
      client.most = Math.max(client.most, ++open);
      await new Promise((resolve) => setTimeout(resolve, delay(index)));
      open--;
      return outcome(index);
    },
    close: () => undefined,
  };
  return client;
}

describe('a closed loop', () => {
  test('keeps as many requests under way as it has connections, and waits for the last', async () => {
    const client = fake((index) => (index === 0 ? 150 : 5));
    const { tally, seconds } = await load(client, { connections: 3 }, 80, 1000);
    expect(client.most).toBe(3);
    expect(tally.answered).toBe(client.sent);
    expect(tally.latency().max).toBeGreaterThanOrEqual(145);
    expect(seconds).toBeGreaterThanOrEqual(0.145);
  });

  test('counts what fails by its status and goes on', async () => {
    const client = fake(
      () => 2,
      (index) => (index % 2 === 0 ? ok : { ...ok, status: index % 4 === 1 ? 503 : 'ECONNRESET' }),
    );
    const { tally } = await load(client, { connections: 1 }, 100, 1000);
    expect(tally.answered + tally.failed).toBe(client.sent);
    expect([...tally.errors.keys()].sort()).toEqual(['503', 'ECONNRESET']);
    expect(tally.first).toBe(ok);
  });
});

describe('an open loop', () => {
  test('sends what is due, no more and no less', async () => {
    const client = fake(() => 1);
    const { tally, seconds } = await load(client, { connections: 8, rate: 200 }, 250, 1000);
    expect([client.sent, tally.answered]).toEqual([50, 50]);
    expect(seconds).toBeGreaterThanOrEqual(0.25);
  });

  // A closed loop would show one slow answer; those that should have been sent meanwhile were as slow.
  test('charges a stall to every request that was due during it', async () => {
    const client = fake((index) => (index === 0 ? 200 : 0));
    const { tally } = await load(client, { connections: 1, rate: 100 }, 200, 1000);
    expect(tally.answered).toBe(20);
    expect(tally.latency().p50).toBeGreaterThan(60);
    expect(tally.service().p50).toBeLessThan(tally.latency().p50 / 2);
  });

  test('gives up on what could not be sent in time, and counts it', async () => {
    const client = fake((index) => (index === 0 ? 120 : 0));
    const { tally } = await load(client, { connections: 1, rate: 100 }, 100, 50);
    expect(tally.answered + tally.failed).toBe(10);
    expect(tally.errors.get('timeout')).toBeGreaterThan(0);
  });
});

describe('the curve', () => {
  test('has only percents that enough answers stand behind', async () => {
    const { tally } = await load(
      fake(() => 1),
      { connections: 1, rate: 200 },
      100,
      1000,
    );
    const percents = tally.curve().map(([percent]) => percent);
    expect(percents).toEqual([0, 10, 25, 50, 75, 90, 95]);
  });
});
