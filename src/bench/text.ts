import { showSize } from '../core/units.ts';
import { type BenchReport, type ColdStart, type Run, runName, type Spread } from './report.ts';
import { showMs } from './show-ms.ts';

/** The report as a table for people: one line a run, what the server says of itself below. */
export function benchText(report: BenchReport): string {
  const { target, protocol, request_bytes: sent, answer_bytes: got, machine, engine } = report;
  const head = [
    `${target} over ${protocol}: ${showSize(sent)} asked, ${showSize(got)} answered, compared with the ${report.checked_against}`,
    `${machine.cores} × ${machine.cpu}, Node ${machine.node}${engine ? `; ${engine}` : ''}`,
  ];
  const { runs, cold_start: cold } = report;
  const figures = cold ? coldLines(cold) : columns([runHead, ...runs.map(runRow)]);
  return [...head, '', ...figures, ...serverLines(runs), ...faultLines(runs)].join('\n');
}

/** Rows of cells in columns as wide as their widest; the first to the left, the others to the right. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!)))
      .join('  ')
      .trimEnd(),
  );
}

function coldLines({ starts, ready_ms: ready, first_answer_ms: first }: ColdStart): string[] {
  const row = (name: string, { median, min, max }: Spread) => [name, ...[median, min, max].map(showMs)];
  const head = [`from the start, ${starts} times`, 'median ms', 'min', 'max'];
  return columns([head, row('ready', ready), row('first right answer', first)]);
}

const runHead = ['load', 'requests/s', 'p50 ms', 'p90', 'p95', 'p99', 'p99.9', 'max', 'errors'];

function runRow(run: Run): string[] {
  const { latency_ms: at } = run;
  const errors = Object.values(run.errors).reduce((sum, count) => sum + count, 0);
  return [
    runName(run),
    run.requests_per_second.toFixed(1),
    ...[at.p50, at.p90, at.p95, at.p99, at.p99_9, at.max].map(showMs),
    String(errors),
  ];
}

function serverLines(runs: readonly Run[]): string[] {
  const told = runs.flatMap((run) => (run.server ? [{ run, server: run.server }] : []));
  if (told.length === 0) return [];
  const phases = [...new Set(told.flatMap(({ server }) => Object.keys(server.phases_us)))];
  const rows = told.map(({ run, server }) => [
    runName(run),
    ...phases.map((phase) => server.phases_us[phase]?.toFixed(1) ?? ''),
    server.cpu_us_per_request?.toFixed(0) ?? '',
    server.rss_bytes === null ? '' : showSize(server.rss_bytes),
  ]);
  return ['', ...columns([['server, mean µs', ...phases, 'CPU a request', 'memory'], ...rows])];
}

function faultLines(runs: readonly Run[]): string[] {
  return runs.flatMap((run) => {
    const errors = Object.entries(run.errors).map(([status, count]) => `${count} × ${status}`);
    return [
      ...(errors.length > 0 ? [`${runName(run)}: not answered: ${errors.join(', ')}`] : []),
      ...(run.wrong_answer === null ? [] : [`${runName(run)}: wrong answer: ${run.wrong_answer}`]),
    ];
  });
}
