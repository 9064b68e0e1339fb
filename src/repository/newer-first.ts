/** Integers and semantic versions by their numbers; a pre-release is older than its release. */
export function newerFirst(a: string, b: string): number {
  const [aCore = '', aPre] = split(a);
  const [bCore = '', bPre] = split(b);
  const byNumbers = compareNumbers(bCore, aCore);
  if (byNumbers !== 0) return byNumbers;
  if (aPre === undefined || bPre === undefined)
    return Number(aPre !== undefined) - Number(bPre !== undefined);
  return comparePre(bPre, aPre);
}

// semver.org §11.4: number by number, text by ASCII, numbers before texts, a prefix before what goes on.
function comparePre(a: string, b: string): number {
  const left = a.split('.');
  const right = b.split('.');
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [x, y] = [left[i]!, right[i]!];
    if (x === y) continue;
    const [isNumber, isOtherNumber] = [/^\d+$/.test(x), /^\d+$/.test(y)];
    if (isNumber && isOtherNumber) return Number(x) - Number(y);
    if (isNumber !== isOtherNumber) return isNumber ? -1 : 1;
    return x < y ? -1 : 1;
  }
  return left.length - right.length;
}

function split(version: string): [string, string?] {
  const dash = version.indexOf('-');
  return dash < 0 ? [version] : [version.slice(0, dash), version.slice(dash + 1)];
}

function compareNumbers(a: string, b: string): number {
  const left = a.split('.');
  const right = b.split('.');
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const [x = '0', y = '0'] = [left[i], right[i]];
    // Folders may be named by any int64, which a double does not hold.
    const difference = x.length === y.length ? Number(x > y) - Number(x < y) : x.length - y.length;
    if (difference !== 0) return difference;
  }
  return 0;
}
