export interface MediaType {
  /** `text/csv`, in lower case; empty when there is none. */
  readonly type: string;
  /** Parameters by lower-case name, quotes removed. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** A Content-Type or one entry of Accept (RFC 9110 §8.3.1). */
export function mediaType(header: string | readonly string[] | undefined): MediaType {
  const value = typeof header === 'string' ? header : (header?.[0] ?? '');
  const parameters = new Map<string, string>();
  const found = /^\s*([^;\s]*)\s*(.*)$/s.exec(value);
  for (const [, name, quoted, plain] of (found?.[2] ?? '').matchAll(parameter))
    parameters.set(name!.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '');
  return { type: (found?.[1] ?? '').toLowerCase(), parameters };
}

const parameter = /;\s*([\w!#$%&'*+.^`|~-]+)=(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))/g;
