/** What a server says of itself in its `/metrics`, as sums that only grow. */
export interface Scrape {
  /** Seconds and requests by phase, over all models and protocols. */
  readonly phases: ReadonlyMap<string, { readonly seconds: number; readonly count: number }>;
  /** Seconds of processor time since the start; undefined when it is not told. */
  readonly cpuSeconds: number | undefined;
  /** Resident bytes now. */
  readonly rssBytes: number | undefined;
}

/** Between two scrapes. */
export interface ServerFigures {
  /** Mean microseconds of a request in each part of the server's road. */
  readonly phases_us: Readonly<Record<string, number>>;
  readonly cpu_us_per_request: number | null;
  readonly rss_bytes: number | null;
}

/** Reads `/metrics` of a server; undefined when it is not mdeploy's, or has none. */
export async function scrape(base: URL, timeoutMs: number): Promise<Scrape | undefined> {
  try {
    const answer = await fetch(`${base.href.replace(/\/+$/, '')}/metrics`, {
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await answer.text();
    return answer.ok && text.includes('mdeploy_phase_duration_seconds') ? readScrape(text) : undefined;
  } catch {
    // The figures of the load stand without it.
    return undefined;
  }
}

/** Text exposition format 0.0.4. */
export function readScrape(text: string): Scrape {
  const phases = new Map<string, { seconds: number; count: number }>();
  const pattern = /^mdeploy_phase_duration_seconds_(sum|count)\{[^}]*\bphase="(\w+)"[^}]*\} (\S+)$/gm;
  for (const [, kind, phase = '', value] of text.matchAll(pattern)) {
    const entry = phases.get(phase) ?? { seconds: 0, count: 0 };
    entry[kind === 'sum' ? 'seconds' : 'count'] += Number(value);
    phases.set(phase, entry);
  }
  return {
    phases,
    cpuSeconds: gauge(text, 'process_cpu_seconds_total'),
    rssBytes: gauge(text, 'process_resident_memory_bytes'),
  };
}

/** @param requests how many were answered between the two, for the time of the processor */
export function between(before: Scrape, after: Scrape, requests: number): ServerFigures {
  const phases = [...after.phases].flatMap(([phase, { seconds, count }]): [string, number][] => {
    const earlier = before.phases.get(phase) ?? { seconds: 0, count: 0 };
    const added = count - earlier.count;
    return added > 0 ? [[phase, micro((seconds - earlier.seconds) / added)]] : [];
  });
  const isCpuKnown = after.cpuSeconds !== undefined && before.cpuSeconds !== undefined && requests > 0;
  return {
    phases_us: Object.fromEntries(phases),
    cpu_us_per_request: isCpuKnown ? micro((after.cpuSeconds - before.cpuSeconds) / requests) : null,
    rss_bytes: after.rssBytes ?? null,
  };
}

function gauge(text: string, name: string): number | undefined {
  const value = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1];
  return value === undefined ? undefined : Number(value);
}

/** Seconds → microseconds with one decimal. */
function micro(seconds: number): number {
  return Math.round(seconds * 1e7) / 10;
}
