/**
 * Why a relative path may not be in a package; undefined when it may. The rules keep a path the same file on every
 * system and free of what Dockerfile, tar and URL give a meaning to: `$`, quotes, wildcards, backslash, colon.
 */
export function pathFault(path: string): string | undefined {
  if (path.length === 0 || path.length > 512) return 'it must have 1 to 512 characters';
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.' || segment === '..') return 'it is not a plain relative path';
    const wrong = /[^\p{L}\p{M}\p{N} _@+=,~()!&%#^.-]/u.exec(segment)?.[0];
    if (wrong !== undefined) return `it holds the character ${JSON.stringify(wrong)}`;
    if (/^ | $|\.$/.test(segment)) return 'a part of it begins or ends with a space, or ends with a dot';
    if (reserved.test(segment)) return `${segment} is a device name on Windows`;
  }
  return undefined;
}

const reserved = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;
