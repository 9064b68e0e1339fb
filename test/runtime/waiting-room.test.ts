import { describe, expect, it, vi } from 'vitest';
import { clockOfTests, room, ticket } from './opened-room.ts';

clockOfTests();

/** Work that ends when told. */
function job() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const work = vi.fn(() => promise);
  return { work, end: () => resolve('done'), fail: () => reject(new Error('broken')) };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

describe('order', () => {
  it('runs at once while there is a place, then first come, first served', async () => {
    const desk = room({ concurrency: 2 });
    const jobs = [job(), job(), job(), job()];
    const answers = jobs.map(({ work }) => desk.enter(ticket(), work));
    expect([desk.running, desk.waiting]).toEqual([2, 2]);
    jobs[1]!.end();
    await settle();
    expect(jobs.map(({ work }) => work.mock.calls.length)).toEqual([1, 1, 1, 0]);
    jobs[0]!.end();
    await settle();
    expect(jobs[3]!.work).toHaveBeenCalledOnce();
    for (const each of jobs) each.end();
    expect(await Promise.all(answers)).toEqual(['done', 'done', 'done', 'done']);
    expect([desk.running, desk.waiting]).toEqual([0, 0]);
  });

  it('a run that fails gives its place on', async () => {
    const desk = room();
    const [first, second] = [job(), job()];
    const answers = [desk.enter(ticket(), first.work), desk.enter(ticket(), second.work)];
    first.fail();
    await expect(answers[0]).rejects.toThrow('broken');
    expect(second.work).toHaveBeenCalledOnce();
    second.end();
    expect(await answers[1]).toBe('done');
    expect(desk.running).toBe(0);
  });

  it('work that throws at once does, too', async () => {
    const desk = room();
    const thrown = desk.enter(ticket(), () => {
      throw new Error('at once');
    });
    await expect(thrown).rejects.toThrow('at once');
    expect(desk.running).toBe(0);
  });
});

describe('limits', () => {
  it('refuses at once what finds the room full, with the time to try again', async () => {
    const desk = room({ maxSize: 1 });
    const [running, waiting, refused] = [job(), job(), job()];
    const kept = [desk.enter(ticket(), running.work), desk.enter(ticket(), waiting.work)];
    await expect(desk.enter(ticket(), refused.work)).rejects.toMatchObject({
      code: 'QUEUE_FULL',
      http: 503,
      message: 'The waiting room of model "iris" is full (1 requests).',
      details: { retryAfter: 1 },
    });
    expect(refused.work).not.toHaveBeenCalled();
    running.end();
    waiting.end();
    await Promise.all(kept);
  });

  it('no waiting at all with size 0', async () => {
    const desk = room({ maxSize: 0 });
    const running = job();
    const kept = desk.enter(ticket(), running.work);
    await expect(desk.enter(ticket(), job().work)).rejects.toMatchObject({ code: 'QUEUE_FULL' });
    running.end();
    await kept;
  });

  it('lets nobody wait longer than the queue allows', async () => {
    const desk = room({ timeoutMs: 100 });
    const [running, late] = [job(), job()];
    const kept = desk.enter(ticket(), running.work);
    const answer = expect(desk.enter(ticket(), late.work)).rejects.toMatchObject({
      code: 'QUEUE_TIMEOUT',
      http: 503,
      details: { retryAfter: 1 },
    });
    await vi.advanceTimersByTimeAsync(99);
    expect(desk.waiting).toBe(1);
    await vi.advanceTimersByTimeAsync(2);
    await answer;
    expect(desk.waiting).toBe(0);
    running.end();
    await kept;
    expect(late.work).not.toHaveBeenCalled();
  });
});

describe('priorities', () => {
  it('the urgent go first, equals in order of arrival, those without one between', async () => {
    const desk = room({ maxSize: 10 });
    const running = job();
    const kept: Promise<unknown>[] = [desk.enter(ticket(), running.work)];
    const order: string[] = [];
    const waiting: [string, number | undefined][] = [
      ['usual 1', undefined],
      ['late', 200],
      ['urgent 1', 2],
      ['usual 2', undefined],
      ['urgent 2', 2],
      ['most urgent', 1],
    ];
    for (const [name, priority] of waiting) {
      const work = async () => void order.push(name);
      kept.push(desk.enter({ ...ticket(), ...(priority !== undefined && { priority }) }, work));
    }
    running.end();
    await Promise.all(kept);
    expect(order).toEqual(['most urgent', 'urgent 1', 'urgent 2', 'usual 1', 'usual 2', 'late']);
  });

  it('a request may have less patience than the queue, not more', async () => {
    const desk = room({ timeoutMs: 100 });
    const running = job();
    const kept = desk.enter(ticket(), running.work);
    const hasty = expect(desk.enter({ ...ticket(), patienceMs: 20 }, job().work)).rejects.toMatchObject({
      code: 'QUEUE_TIMEOUT',
      message: expect.stringContaining('20'),
    });
    const patient = expect(desk.enter({ ...ticket(), patienceMs: 5000 }, job().work)).rejects.toMatchObject({
      message: expect.stringContaining('100'),
    });
    await vi.advanceTimersByTimeAsync(21);
    await hasty;
    expect(desk.waiting).toBe(1);
    await vi.advanceTimersByTimeAsync(80);
    await patient;
    running.end();
    await kept;
  });
});

describe('deadlines', () => {
  it('end the wait when they come before the limit of the queue', async () => {
    const desk = room({ timeoutMs: 1000 });
    const running = job();
    const kept = desk.enter(ticket(), running.work);
    const answer = expect(desk.enter(ticket(50), job().work)).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      http: 504,
      message: 'The request was not answered within 50 ms.',
    });
    await vi.advanceTimersByTimeAsync(51);
    await answer;
    running.end();
    await kept;
  });

  it('answer during a run off the loop; the place stays taken until the run ends', async () => {
    const desk = room();
    const long = job();
    const answer = expect(desk.enter(ticket(50), long.work)).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    await vi.advanceTimersByTimeAsync(51);
    await answer;
    expect(desk.running).toBe(1);
    long.end();
    await settle();
    expect(desk.running).toBe(0);
  });

  it('a run that fails after its deadline harms nobody', async () => {
    const desk = room();
    const long = job();
    const answer = expect(desk.enter(ticket(50), long.work)).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    await vi.advanceTimersByTimeAsync(51);
    await answer;
    long.fail();
    await settle();
    expect(desk.running).toBe(0);
  });

  it('need no timer on the loop, which the run itself holds up', async () => {
    const desk = room({ offLoop: false });
    const running = job();
    const answer = desk.enter(ticket(50), running.work);
    expect(vi.getTimerCount()).toBe(0);
    running.end();
    expect(await answer).toBe('done');
  });

  it('that have passed on arrival never reach the engine', async () => {
    const desk = room();
    const late = job();
    await expect(desk.enter(ticket(0), late.work)).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    expect(late.work).not.toHaveBeenCalled();
    expect(desk.running).toBe(0);
  });

  it('that pass while a run holds up the loop and its timers are noticed when the place is free', async () => {
    const desk = room({ offLoop: false });
    const [running, late, next] = [job(), job(), job()];
    const kept = desk.enter(ticket(), running.work);
    const lost = expect(desk.enter(ticket(50), late.work)).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
    });
    const other = desk.enter(ticket(), next.work);
    vi.setSystemTime(Date.now() + 60);
    vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 60);
    running.end();
    await kept;
    await lost;
    expect(late.work).not.toHaveBeenCalled();
    expect(next.work).toHaveBeenCalledOnce();
    vi.restoreAllMocks();
    next.end();
    await other;
  });
});

describe('clients that go away', () => {
  function client() {
    let leave: (() => void) | undefined;
    const unsubscribe = vi.fn(() => {
      leave = undefined;
    });
    const whenGone = (told: () => void) => {
      leave = told;
      return unsubscribe;
    };
    return { ticket: { ...ticket(), whenGone }, go: () => leave?.(), unsubscribe };
  }

  it('are not inferred for', async () => {
    const desk = room();
    const [running, abandoned] = [job(), job()];
    const kept = desk.enter(ticket(), running.work);
    const gone = client();
    const answer = expect(desk.enter(gone.ticket, abandoned.work)).rejects.toMatchObject({
      code: 'CLIENT_GONE',
      http: 499,
    });
    gone.go();
    await answer;
    expect(desk.waiting).toBe(0);
    running.end();
    await kept;
    expect(abandoned.work).not.toHaveBeenCalled();
    expect(gone.unsubscribe).toHaveBeenCalledOnce();
  });

  it('are no longer listened to once the run begins', async () => {
    const desk = room();
    const [running, next] = [job(), job()];
    const kept = desk.enter(ticket(), running.work);
    const stays = client();
    const answer = desk.enter(stays.ticket, next.work);
    running.end();
    await kept;
    expect(stays.unsubscribe).toHaveBeenCalledOnce();
    next.end();
    expect(await answer).toBe('done');
  });
});
