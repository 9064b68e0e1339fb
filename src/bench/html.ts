import { htmlPage, htmlSection, htmlTable } from '../core/html-page.ts';
import { showSize } from '../core/units.ts';
import { curveChart, rateChart } from './charts.ts';
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
    ...(runs.length > 0 ? [htmlSection('Latency by percentile', curveChart(runs)), rates(runs)] : []),
    ...(runs.length > 0 ? [htmlSection('Figures', htmlTable(runRows(runs)))] : []),
    ...(runs.some(({ server }) => server)
      ? [htmlSection('The server, mean µs', htmlTable(serverRows(runs)))]
      : []),
    ...(cold
      ? [htmlSection(`From the start of the process, ${cold.starts} times`, htmlTable(coldRows(cold)))]
      : []),
    ...(gates.length > 0 ? [htmlSection('Gates', htmlTable(gates))] : []),
  ];
  return htmlPage(title, facts, sections);
}

function rates(runs: readonly Run[]): string {
  return htmlSection('Requests a second', rateChart(runs));
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
