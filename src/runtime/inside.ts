// Loads, runs and releases of graphs on other threads, of this whole process.
let calls = 0;

/** Told before a thread is sent into the runtime. */
export function goneInside(): void {
  calls += 1;
}

/** Told when `count` such calls are over. */
export function comeOut(count = 1): void {
  calls -= count;
}

/** Whether a thread is inside the runtime: then `process.exit()` aborts the process with a core dump. */
export function isInside(): boolean {
  return calls > 0;
}
