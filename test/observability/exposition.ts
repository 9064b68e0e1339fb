/** One series of the Prometheus text format 0.0.4. */
export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Family {
  readonly type: string;
  readonly help: string;
  readonly series: readonly Series[];
}

/**
 * A strict reader of the text format: every family has HELP and TYPE once, in front of its series, which stay together;
 * nothing is there twice; histograms are cumulative, end with +Inf, and agree with their count.
 * @throws Error naming the line
 */
export function parseExposition(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  const families = new Map<string, { type: string; help: string; series: Series[] }>();
  const seen = new Set<string>();
  let current: string | undefined;
  let helped: string | undefined;
  for (const line of text.split('\n').slice(0, -1)) {
    if (line === '') continue;
    const help = /^# HELP ([a-zA-Z_:][\w:]*) (.+)$/.exec(line);
    const type = /^# TYPE ([a-zA-Z_:][\w:]*) (counter|gauge|histogram|summary|untyped)$/.exec(line);
    if (help) {
      if (families.has(help[1]!)) throw new Error(`a second HELP: ${line}`);
      families.set(help[1]!, { type: '', help: help[2]!, series: [] });
      helped = help[1];
    } else if (type) {
      if (helped !== type[1]) throw new Error(`TYPE without its HELP: ${line}`);
      families.get(type[1]!)!.type = type[2]!;
      current = type[1];
    } else {
      const series = parseSeries(line);
      const family = current === undefined ? undefined : families.get(current);
      if (!family || baseName(series.name, family.type) !== current)
        throw new Error(`a stray series: ${line}`);
      const key = `${series.name}${JSON.stringify(Object.entries(series.labels).sort())}`;
      if (seen.has(key)) throw new Error(`there twice: ${line}`);
      seen.add(key);
      family.series.push(series);
    }
  }
  for (const [name, family] of families) if (family.type === 'histogram') checkHistogram(name, family.series);
  return families;
}

/** The value of the one series with these labels. @throws Error when there is not exactly one */
export function seriesValue(
  families: ReadonlyMap<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  const family = families.get(name.replace(/_(bucket|sum|count)$/, '')) ?? families.get(name);
  const found = (family?.series ?? []).filter(
    (series) =>
      series.name === name && Object.entries(labels).every(([key, value]) => series.labels[key] === value),
  );
  if (found.length !== 1) throw new Error(`${found.length} series ${name} ${JSON.stringify(labels)}`);
  return found[0]!.value;
}

function baseName(name: string, type: string): string {
  return type === 'histogram' || type === 'summary' ? name.replace(/_(bucket|sum|count)$/, '') : name;
}

function parseSeries(line: string): Series {
  const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
  if (!match) throw new Error(`no series: ${line}`);
  const value = number(match[3]!);
  // prom-client writes Nan, which Prometheus takes in any case.
  if (Number.isNaN(value) && !/^nan$/i.test(match[3]!)) throw new Error(`no number: ${line}`);
  return { name: match[1]!, labels: parseLabels(match[2] ?? '', line), value };
}

function parseLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = Object.create(null);
  let rest = text;
  while (rest !== '') {
    const match = /^([a-zA-Z_]\w*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/.exec(rest);
    if (!match) throw new Error(`bad labels: ${line}`);
    if (match[1]! in labels) throw new Error(`a label twice: ${line}`);
    labels[match[1]!] = match[2]!.replace(/\\(.)/g, (_, escaped) => (escaped === 'n' ? '\n' : escaped));
    rest = rest.slice(match[0].length);
  }
  return labels;
}

function number(text: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  return /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : Number.NaN;
}

function checkHistogram(name: string, series: readonly Series[]): void {
  const groups = new Map<string, Series[]>();
  for (const each of series) {
    const { le: _, ...labels } = each.labels;
    const key = JSON.stringify(labels);
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  for (const [key, members] of groups) {
    const buckets = members.filter((each) => each.name === `${name}_bucket`);
    const bounds = buckets.map((each) => number(each.labels.le ?? ''));
    const counts = buckets.map((each) => each.value);
    const rises = (values: number[], strictly: boolean) =>
      values.every(
        (value, index) =>
          index === 0 || (strictly ? value > values[index - 1]! : value >= values[index - 1]!),
      );
    if (bounds.at(-1) !== Number.POSITIVE_INFINITY) throw new Error(`${name}${key} does not end with +Inf`);
    if (!rises(bounds, true) || !rises(counts, false)) throw new Error(`${name}${key} does not rise`);
    const count = members.filter((each) => each.name === `${name}_count`);
    const sum = members.filter((each) => each.name === `${name}_sum`);
    if (count.length !== 1 || sum.length !== 1) throw new Error(`${name}${key} needs one count and one sum`);
    if (count[0]!.value !== counts.at(-1)) throw new Error(`${name}${key}: count is not the last bucket`);
  }
}
