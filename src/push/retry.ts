export interface RetryOptions {
  /** Tries after the first one. */
  readonly retries: number;
  /** No try begins later than this after the first one: the engine itself tries each layer for up to 50 s. */
  readonly budgetMs: number;
  shouldRetry(error: unknown): boolean;
  onRetry?(error: unknown, attempt: number, delayMs: number): void;
  /** Replaced in tests. */
  readonly random?: () => number;
  readonly sleep?: (ms: number) => Promise<void>;
  readonly now?: () => number;
}

const firstDelayMs = 1_000;
const longestDelayMs = 20_000;

/**
 * Exponential backoff with full jitter: a random share of 1, 2, 4 … 20 s, so that many clients that failed together do
 * not come back together. The registry's Retry-After does not get through the engine.
 * @param work gets the number of the try, from 1
 */
export async function withRetry<T>(work: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { random = Math.random, sleep = pause, now = () => performance.now() } = options;
  const deadline = now() + options.budgetMs;
  for (let attempt = 1; ; attempt++) {
    try {
      return await work(attempt);
    } catch (error) {
      const delayMs = Math.round(random() * Math.min(longestDelayMs, firstDelayMs * 2 ** (attempt - 1)));
      const isLast = attempt > options.retries || now() + delayMs > deadline;
      if (isLast || !options.shouldRetry(error)) throw error;
      options.onRetry?.(error, attempt, delayMs);
      await sleep(delayMs);
    }
  }
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
