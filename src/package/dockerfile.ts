/**
 * The instruction words of a Dockerfile in order, read the way the engine does: comments and blank lines skipped,
 * a backslash at the end of a line joins the next, a here-document belongs to its instruction.
 */
export function instructionsOf(text: string): string[] {
  const words: string[] = [];
  const lines = text.split(/\r\n|\r|\n/);
  while (lines.length > 0) {
    let line = lines.shift()!;
    if (isSkipped(line)) continue;
    while (/\\[ \t]*$/.test(line) && lines.length > 0) {
      line = line.replace(/\\[ \t]*$/, '');
      while (lines[0] !== undefined && isSkipped(lines[0])) lines.shift();
      line += lines.shift() ?? '';
    }
    words.push(line.trim().split(/\s/, 1)[0]!.toUpperCase());
    for (const [, dash, end] of line.matchAll(hereDocument)) skipUntil(lines, end!, dash === '-');
  }
  return words;
}

const hereDocument = /<<(-?)["']?(\w+)["']?/g;

function isSkipped(line: string): boolean {
  return /^\s*(#|$)/.test(line);
}

function skipUntil(lines: string[], end: string, indented: boolean): void {
  while (lines.length > 0) {
    const line = lines.shift()!;
    if ((indented ? line.replace(/^\t+/, '') : line) === end) return;
  }
}
