import { showSize } from '../core/units.ts';
import { curveChart, rateChart } from './charts.ts';
import { escapeText } from './escape-text.ts';
import { type BenchReport, type Run, runName } from './report.ts';
import { showMs } from './show-ms.ts';

/**
 * The report as one page that needs nothing beside it: no script, no font, no request.
 * @param gates rows of the table of gates, its head first; empty when there were none
 */
export function benchHtml(report: BenchReport, gates: readonly (readonly string[])[]): string {
  const { target, protocol, machine, runs, date, cold_start: cold } = report;
  const title = `mdeploy bench: ${target} over ${protocol}`;
  const facts = [
    `${showSize(report.request_bytes)} asked, ${showSize(report.answer_bytes)} answered, compared with the ${report.checked_against}`,
    `${machine.cores} × ${machine.cpu}, ${machine.platform}, Node ${machine.node}, mdeploy ${report.mdeploy}`,
    ...(report.engine ? [report.engine] : []),
    date,
  ];
  const sections = [
    ...(runs.length > 0 ? [section('Latency by percentile', curveChart(runs)), rates(runs)] : []),
    ...(runs.length > 0 ? [section('Figures', table(runRows(runs)))] : []),
    ...(runs.some(({ server }) => server) ? [section('The server, mean µs', table(serverRows(runs)))] : []),
    ...(cold ? [section(`From the start of the process, ${cold.starts} times`, table(coldRows(cold)))] : []),
    ...(gates.length > 0 ? [section('Gates', table(gates))] : []),
  ];
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(title)}</title>
<style>${style}</style>
<h1>${escapeText(title)}</h1>
<ul>${facts.map((fact) => `<li>${escapeText(fact)}</li>`).join('')}</ul>
${sections.join('\n')}
</html>
`;
}

function rates(runs: readonly Run[]): string {
  return section('Requests a second', rateChart(runs));
}

function section(title: string, content: string): string {
  return `<section><h2>${escapeText(title)}</h2>\n${content}</section>`;
}

function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[], tag: string) =>
    `<tr>${cells.map((cell) => `<${tag}>${escapeText(cell)}</${tag}>`).join('')}</tr>`;
  return `<div class="wide"><table>${line(head, 'th')}${rows.map((row) => line(row, 'td')).join('')}</table></div>`;
}

function runRows(runs: readonly Run[]): string[][] {
  const head = [
    'load',
    'requests/s',
    'p50 ms',
    'p90',
    'p95',
    'p99',
    'p99.9',
    'max',
    'mean',
    'answers',
    'faults',
  ];
  return [
    head,
    ...runs.map((run) => {
      const { p50, p90, p95, p99, p99_9, max, mean } = run.latency_ms;
      const times = [p50, p90, p95, p99, p99_9, max, mean].map(showMs);
      return [
        runName(run),
        run.requests_per_second.toFixed(1),
        ...times,
        String(run.answered),
        faultsOf(run),
      ];
    }),
  ];
}

function faultsOf({ errors, wrong_answer: wrong }: Run): string {
  const counted = Object.entries(errors).map(([status, count]) => `${count} × ${status}`);
  return [...counted, ...(wrong === null ? [] : [`wrong answer: ${wrong}`])].join(', ') || 'none';
}

function serverRows(runs: readonly Run[]): string[][] {
  const phases = [...new Set(runs.flatMap(({ server }) => Object.keys(server?.phases_us ?? {})))];
  return [
    ['load', ...phases, 'CPU a request', 'memory'],
    ...runs.map((run) => [
      runName(run),
      ...phases.map((phase) => run.server?.phases_us[phase]?.toFixed(1) ?? ''),
      run.server?.cpu_us_per_request?.toFixed(0) ?? '',
      run.server?.rss_bytes ? showSize(run.server.rss_bytes) : '',
    ]),
  ];
}

function coldRows({ ready_ms: ready, first_answer_ms: first }: NonNullable<BenchReport['cold_start']>) {
  const row = (name: string, { median, min, max }: typeof ready) => [name, ...[median, min, max].map(showMs)];
  return [['until', 'median ms', 'min', 'max'], row('ready', ready), row('first right answer', first)];
}

const style = `
:root { color-scheme: light dark; --ink: light-dark(#1a1a1a, #e8e8e8); --faint: light-dark(#d0d0d0, #484848);
  --c0: light-dark(#0b62a4, #6cb6ff); --c1: light-dark(#b8480a, #ffa657); --c2: light-dark(#2c7a3f, #7ee787);
  --c3: light-dark(#7d3fa0, #d2a8ff); --c4: light-dark(#8a6100, #e3b341); --c5: light-dark(#a02050, #ff9bce); }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; overflow-wrap: anywhere; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
ul { padding-left: 1.2rem; } svg { width: 100%; height: auto; } svg text { font: 12px system-ui, sans-serif; fill: var(--ink); }
.wide { overflow-x: auto; } table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .75rem .25rem 0; text-align: right; border-bottom: 1px solid var(--faint); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
`;
