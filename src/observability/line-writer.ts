import { writeSync } from 'node:fs';

/**
 * Writes whole lines to a file descriptor. A full disk or a stalled reader costs lines, never the server: pino's own
 * destination ends the process on the first, and stops the event loop for the second.
 */
export class LineWriter {
  readonly #fd: number;
  readonly #failed: () => void;
  /** The end of a line whose start is out already. */
  #owed: Buffer = nothing;

  constructor(fd: number, failed: () => void) {
    this.#fd = fd;
    this.#failed = failed;
  }

  write(line: string): void {
    const whole = Buffer.from(line);
    try {
      while (this.#owed.length > 0) this.#owed = this.#owed.subarray(writeSync(this.#fd, this.#owed));
      this.#owed = whole;
      while (this.#owed.length > 0) this.#owed = this.#owed.subarray(writeSync(this.#fd, this.#owed));
    } catch {
      this.#failed();
      if (this.#owed === whole) this.#owed = nothing;
    }
  }
}

const nothing = Buffer.alloc(0);
