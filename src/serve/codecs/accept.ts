import { failure } from '../../core/errors/error.ts';
import { mediaType } from './media-type.ts';

/**
 * The media type of a reply: the first of the wanted ones that is offered, by quality (RFC 9110 §12.5.1); the first
 * offered where the client wants any.
 * @param offered in order of preference
 * @throws MdeployError `ACCEPT_UNSUPPORTED`
 */
export function chooseType(
  header: string | readonly string[] | undefined,
  offered: readonly string[],
): string {
  const wish = typeof header === 'string' ? header : (header ?? []).join(',');
  const wanted = wish
    .split(',')
    .map((entry) => mediaType(entry))
    .map(({ type, parameters }) => ({ type, quality: Number(parameters.get('q') ?? 1) }))
    .filter(({ type, quality }) => type !== '' && quality > 0)
    .sort((a, b) => b.quality - a.quality);
  if (wanted.length === 0) return offered[0]!;
  for (const { type } of wanted) {
    const found = offered.find((each) => matches(type, each));
    if (found) return found;
  }
  const types = offered.join(', ');
  throw failure(
    'ACCEPT_UNSUPPORTED',
    { type: wish, types },
    { field: 'Accept', expected: types, received: wish },
  );
}

function matches(wanted: string, offered: string): boolean {
  if (wanted === '*/*') return true;
  return wanted.endsWith('/*') ? offered.startsWith(wanted.slice(0, -1)) : offered === wanted;
}
