/** Long streams, told to end when the server does. */
export class OpenStreams {
  isEnding = false;
  readonly #ends = new Set<() => unknown>();

  /** @returns the way to leave */
  add(end: () => unknown): () => void {
    this.#ends.add(end);
    return () => this.#ends.delete(end);
  }

  end(): void {
    this.isEnding = true;
    for (const end of this.#ends) end();
  }
}
