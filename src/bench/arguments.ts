import { failure, type MdeployError } from '../core/errors/error.ts';

/** `500ms`, `10s`, `2m` → milliseconds. @throws MdeployError `USAGE` */
export function parseDuration(text: string, flag: string, lowest = 1): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)$/.exec(text);
  const ms = Number(match?.[1]) * { ms: 1, s: 1000, m: 60_000 }[match?.[2] as 'ms' | 's' | 'm'];
  if (match && ms >= lowest && ms <= 86_400_000) return ms;
  throw wrong(flag, 'a time such as 500ms, 10s or 2m', text);
}

/** `1,8,32` → whole numbers, each once. @throws MdeployError `USAGE` */
export function parseCounts(text: string, flag: string, highest: number): number[] {
  const counts = text.split(',').map((part) => part.trim());
  if (counts.every((part) => /^[1-9]\d*$/.test(part) && Number(part) <= highest))
    return [...new Set(counts.map(Number))];
  throw wrong(flag, `whole numbers from 1 to ${highest}, with commas between them`, text);
}

/** @throws MdeployError `USAGE` */
export function parseUrl(text: string): URL {
  if (URL.canParse(text) && /^https?:/.test(text)) return new URL(text);
  throw wrong('--url', 'an address such as http://127.0.0.1:8501', text);
}

function wrong(flag: string, expected: string, received: string): MdeployError {
  const problem = `${flag} takes ${expected}, not "${received}".`;
  return failure('USAGE', { problem, verb: 'bench' }, { field: flag, expected, received });
}
