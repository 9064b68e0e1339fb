import type { ServerResponse } from 'node:http';

/** Requests between their arrival and the last byte of their reply. */
export class Busy {
  #count = 0;
  #idle: (() => void) | undefined;

  until(response: ServerResponse): void {
    this.#count += 1;
    response.once('close', () => {
      this.#count -= 1;
      if (this.#count === 0) this.#idle?.();
    });
  }

  async whenIdle(): Promise<true> {
    if (this.#count > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    return true;
  }
}
