/** Bare words of Python's `json` and of TensorFlow Serving, where they are no part of a string. */
const bareWords = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"|(?<![\w.+-])(?:-?Infinity|NaN)(?![\w.])/g;

/**
 * JSON in which floats may be `NaN`, `Infinity` and `-Infinity`: they become texts.
 * @throws SyntaxError
 */
export function parseLoose(text: string, reviver?: Parameters<typeof JSON.parse>[1]): unknown {
  try {
    return JSON.parse(text, reviver);
  } catch {
    return JSON.parse(
      replaceWords(text, (word) => `"${word}"`),
      reviver,
    );
  }
}

/**
 * Where a text stops being such JSON, and why; undefined where it does not.
 * @returns line and column from 1
 */
export function faultOf(text: string): { reason: string; line: number; column: number } | undefined {
  // Nothing is moved, so that places hold.
  const numbers = replaceWords(text, (word) => '0'.padEnd(word.length));
  const reason = refusalOf(numbers);
  if (reason === undefined) return undefined;
  const place = /line (\d+) column (\d+)/.exec(reason);
  const short = reason.replace(/ in JSON at position.*$/s, '').replace(/, "[\s\S]*$|, \.\.\."[\s\S]*$/, '');
  if (place) return { reason: short, line: Number(place[1]), column: Number(place[2]) };
  const before = text.slice(0, /^Unexpected token/.test(reason) ? wrongToken(numbers) : text.length);
  const lines = before.split('\n');
  return { reason: short, line: lines.length, column: lines.at(-1)!.length + 1 };
}

// V8 does not say where a token stands that it did not expect, but only texts that hold it are refused for it.
function wrongToken(text: string): number {
  let [right, wrong] = [0, text.length];
  while (right + 1 < wrong) {
    const middle = (right + wrong) >> 1;
    if (refusalOf(text.slice(0, middle))?.startsWith('Unexpected token')) wrong = middle;
    else right = middle;
  }
  return wrong - 1;
}

function refusalOf(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return (error as SyntaxError).message;
  }
}

function replaceWords(text: string, by: (word: string) => string): string {
  return text.replace(bareWords, (word) => (word.startsWith('"') ? word : by(word)));
}
