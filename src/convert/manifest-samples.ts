import type { Parity } from '../proof/parity.ts';

/**
 * The manifest with the samples that were made in place of the template's example, each with the tolerance that its
 * outputs were judged by.
 */
export function withSamples(text: string, names: readonly string[], { outputs }: Parity): string {
  const entries = names.map((name) => {
    const tolerances = outputs.filter(({ sample }) => sample === name).map(({ tolerance }) => tolerance);
    const rtol = number(Math.max(0, ...tolerances.map((tolerance) => tolerance.rtol)));
    const atol = number(Math.max(0, ...tolerances.map((tolerance) => tolerance.atol)));
    return [
      `  - inputs: samples/${name}.in.json`,
      `    outputs: samples/${name}.out.json`,
      `    tolerance: {rtol: ${rtol}, atol: ${atol}}`,
    ].join('\n');
  });
  const block = `samples:\n${entries.join('\n')}\n`;
  const example = /^# samples:\n(?:#.*\n)+/m;
  return example.test(text) ? text.replace(example, () => block) : `${text.trimEnd()}\n\n${block}`;
}

// YAML 1.2 reads 1e-5 as text in many readers: the dot makes it a number everywhere.
function number(value: number): string {
  const text = value.toPrecision(3);
  const short = String(Number(text));
  return /^\de/.test(short) ? short.replace('e', '.0e') : short;
}
