import { showSize } from '../core/units.ts';

/** A line of the engine's answer to a push (Engine API, "ImagePush"). */
export interface PushLine {
  readonly id?: string;
  readonly status?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  readonly error?: string;
  readonly aux?: { readonly Digest?: string };
}

/** What is known of a push so far; all layers are sent at once. */
export class PushProgress {
  digest: string | undefined;
  error: string | undefined;
  readonly #name: string;
  readonly #layers = new Map<string, { sent: number; total: number; done: boolean }>();

  constructor(name: string) {
    this.#name = name;
  }

  /** @returns the text to show, when there is something new */
  take(line: PushLine): string | undefined {
    if (line.error !== undefined) this.error = line.error.trim();
    if (line.aux?.Digest !== undefined) this.digest = line.aux.Digest;
    if (line.id === undefined || line.status === undefined) return undefined;
    const retry = /^Retrying in (\d+ seconds?)$/.exec(line.status)?.[1];
    if (retry !== undefined) return `Pushing ${this.#name}: layer ${line.id} again in ${retry}`;
    const layer = this.#layers.get(line.id) ?? { sent: 0, total: 0, done: false };
    this.#layers.set(line.id, layer);
    layer.done = /^(Pushed|Layer already exists|Mounted from)/.test(line.status);
    const { current, total } = line.progressDetail ?? {};
    if (current !== undefined) layer.sent = current;
    if (total !== undefined) layer.total = total;
    return this.#text();
  }

  #text(): string {
    const layers = [...this.#layers.values()];
    const done = layers.filter((layer) => layer.done).length;
    const sent = layers.reduce((sum, layer) => sum + layer.sent, 0);
    return `Pushing ${this.#name}: ${done} of ${layers.length} layers, ${showSize(sent)} sent`;
  }
}
