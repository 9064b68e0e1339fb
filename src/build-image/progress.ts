/** A line of the engine's answer to a build (Engine API, "ImageBuild"). */
export interface BuildLine {
  readonly stream?: string;
  readonly status?: string;
  readonly id?: string;
  readonly progress?: string;
  readonly error?: string;
  readonly aux?: { readonly ID?: string };
}

export interface BuildStep {
  readonly number: number;
  readonly total: number;
  /** As it stands in the Dockerfile: `COPY ["server.mjs", "./"]`. */
  readonly instruction: string;
  /** Short id of the image after it. */
  image?: string;
  cached: boolean;
}

/** What is known of a build so far. */
export class BuildProgress {
  readonly steps: BuildStep[] = [];
  imageId: string | undefined;
  error: string | undefined;

  get current(): BuildStep | undefined {
    return this.steps.at(-1);
  }

  /** What the build is at, for people and for errors. */
  get where(): string {
    const step = this.current;
    return step ? `step ${step.number} of ${step.total}, ${step.instruction}` : 'sending the build context';
  }

  /** @returns the text to show, when there is something new */
  take(line: BuildLine): string | undefined {
    if (line.aux?.ID !== undefined) this.imageId = line.aux.ID;
    if (line.error !== undefined) this.error = line.error.trim();
    if (line.stream !== undefined) return this.#takeText(line.stream);
    if (line.status === undefined || this.current === undefined) return undefined;
    return `${this.where}: ${[line.id, line.status, line.progress].filter(Boolean).join(' ')}`;
  }

  #takeText(text: string): string | undefined {
    const begun = /^Step (\d+)\/(\d+) : (.*)$/s.exec(text.trim());
    if (begun) {
      const [, number, total, instruction] = begun;
      const step = { number: Number(number), total: Number(total), instruction: instruction!.trim() };
      this.steps.push({ ...step, cached: false });
      return this.where;
    }
    const step = this.current;
    const made = /^ ---> ([0-9a-f]{12})\s*$/.exec(text)?.[1];
    if (step && made) step.image = made;
    if (step && /^ ---> Using cache/.test(text)) step.cached = true;
    return undefined;
  }
}
