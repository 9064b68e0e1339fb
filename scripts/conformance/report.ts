import type { WireResult } from '../../test/conformance/wire/run.ts';

export interface ReportFacts {
  /** Of onnxruntime-node. */
  readonly runtime: string;
  /** When, as `2026-11-21`. */
  readonly date: string;
}

/** docs/conformance.md. */
export function conformanceReport(results: readonly WireResult[], { runtime, date }: ReportFacts): string {
  const protocols = [...new Set(results.map(({ protocol }) => protocol))];
  const cases = new Set(results.map(({ wireCase }) => wireCase.name));
  const able = results.filter(({ wireCase }) => wireCase.runtime === 'ok');
  const ableCases = new Set(able.map(({ wireCase }) => wireCase.name));
  const misses = able.filter(({ miss }) => miss !== undefined);
  return [
    head(cases.size, ableCases.size, runtime, date),
    table(
      ['protocol', `of the ${ableCases.size} that onnxruntime answers`, `of all ${cases.size}`],
      protocols.map((protocol) => [
        protocol,
        count(able.filter((result) => result.protocol === protocol)),
        count(results.filter((result) => result.protocol === protocol)),
      ]),
    ),
    '\n## What onnxruntime answers and we do not\n',
    misses.length === 0 ? 'Nothing.' : table(['case', 'protocols', 'why'], byCase(misses, protocols.length)),
    '\n## What onnxruntime itself does not answer\n',
    table(
      ['reason', 'cases'],
      reasons(
        results.filter((result) => result.wireCase.runtime !== 'ok' && result.protocol === protocols[0]),
      ),
    ),
    '',
  ].join('\n');
}

function head(cases: number, able: number, runtime: string, date: string): string {
  return `# Conformance

The ${cases} operator and model cases of the ONNX backend tests (onnx 1.23), each a model with inputs and recorded outputs, are
served by one server and asked over each protocol. A case counts when it loads, and every output has the recorded
datatype, shape and values within the case's tolerance, and the same bits over every protocol (any NaN counts as NaN; where
a kernel's last bits vary from run to run, one more run decides).
Python's onnxruntime 1.31 answers ${able} of them; the others use operator sets, types or operators it does not have.

Measured on ${date} with onnxruntime-node ${runtime}. \`node scripts/node.mjs scripts/conformance.ts FOLDER\`
measures again and writes this page.
A selection is part of the tests (\`test/conformance/wire.integration.test.ts\`).
`;
}

function count(results: readonly WireResult[]): string {
  return String(results.filter(({ miss }) => miss === undefined).length);
}

function byCase(misses: readonly WireResult[], protocols: number): string[][] {
  const rows = new Map<string, { protocols: string[]; why: string; name: string }>();
  for (const { wireCase, protocol, miss = '', detail } of misses) {
    const why = detail === undefined ? miss : `${miss}: ${shown(detail)}`;
    const key = `${wireCase.name} ${miss}`;
    const row = rows.get(key) ?? { protocols: [], why, name: wireCase.name };
    row.protocols.push(protocol);
    rows.set(key, row);
  }
  return [...rows.values()].map((row) => [
    row.name,
    row.protocols.length === protocols ? 'all' : row.protocols.join(', '),
    row.why,
  ]);
}

function reasons(results: readonly WireResult[]): string[][] {
  const counts = new Map<string, number>();
  for (const { miss = 'answered all the same' } of results) counts.set(miss, (counts.get(miss) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([reason, cases]) => [reason, String(cases)]);
}

// Paths of the machine that measured tell nobody anything.
function shown(detail: string): string {
  const line = detail.replaceAll(/\s+/g, ' ').replaceAll(/\S*\/model\.onnx/g, 'the model');
  return (line.length > 200 ? `${line.slice(0, 200)}…` : line).replaceAll('|', '\\|');
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
}
